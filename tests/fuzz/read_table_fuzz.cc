// Fuzz target: any bytes as a file that is no Parquet and no Arrow: CSV, JSON, workbooks, compressed forms; read whole
// and as a stream. The first byte chooses options. What must hold: no crash, no leak, and a table or one error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "io/arrow_files.h"
#include "io/csv_read.h"
#include "io/encoding.h"
#include "io/json_lines.h"

namespace {

using namespace tagwerk;

void ReadAsJson(const Context& context, io::Input& part, const io::ReadOptions& options) {
  io::RejectLog log("");
  if (!io::ToUtf8(context, part, "")) return;
  const auto whole = io::ReadJson(context, part, options, log);
  io::JsonBatches batches(context, part, options);
  if (!batches.Open()) return;
  std::size_t rows = 0;
  while (true) {
    const auto batch = batches.Next(3, log);
    if (!batch || !*batch) break;
    rows += (*batch)->rows;
  }
  if (whole) TW_CHECK(rows == whole->source.rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  static Pool pool(1);
  Context context;
  context.pool = &pool;
  context.memory_limit = 1 << 26;
  io::ReadOptions options;
  options.max_rejected = 1;
  options.keep_rejected_rows = (data[0] & 1) != 0;
  options.header = (data[0] & 2) != 0 ? io::Header::kNo : io::Header::kAuto;
  if ((data[0] & 4) != 0) options.decimal = ',';
  options.whole_figures = (data[0] & 8) != 0;
  if ((data[0] & 16) != 0) options.table = "#1";
  io::CsvTuning tuning;
  tuning.chunk_bytes = 64;
  io::Input input;
  input.path = "fuzz";
  input.Hold(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  auto parts = io::Decompress(context, std::move(input), 1 << 22, options.table);
  if (!parts || parts->empty()) return 0;
  const auto format = io::DetectFormat((*parts)[0]);
  if (!format) return 0;
  if (*format == io::FileFormat::kJson) {
    ReadAsJson(context, (*parts)[0], options);
  } else if (*format == io::FileFormat::kCsv) {
    (void)io::ReadCsv(context, std::move(*parts), options, tuning).has_value();
  }
  return 0;
}
