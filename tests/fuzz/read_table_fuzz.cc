// Fuzz target: any bytes through the reader of text tables (CSV, TSV, JSON lines, compressed forms).
// The first byte chooses options. What must hold: no crash, and a table whose columns agree in length.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "io/csv_read.h"
#include "io/encoding.h"
#include "io/json_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk;
  if (size < 1) return 0;
  static Pool pool(1);
  Context context;
  context.pool = &pool;
  context.memory_limit = 0;
  io::ReadOptions options;
  options.max_rejected = 1;
  options.keep_rejected_rows = (data[0] & 1) != 0;
  options.header = (data[0] & 2) != 0 ? io::Header::kNo : io::Header::kAuto;
  if ((data[0] & 4) != 0) options.decimal = ',';
  io::CsvTuning tuning;
  tuning.chunk_bytes = 64;
  io::Input input;
  input.path = "fuzz";
  auto owner = std::make_shared<const std::string>(reinterpret_cast<const char*>(data) + 1, size - 1);
  input.bytes = *owner;
  input.owner = owner;
  auto parts = io::Decompress(context, std::move(input), 1 << 24);
  if (!parts) return 0;
  if ((data[0] & 8) != 0) {
    io::RejectLog log("");
    for (io::Input& part : *parts) {
      if (io::ToUtf8(context, part, "")) (void)io::ReadJsonLines(context, part, options, log).has_value();
    }
    return 0;
  }
  (void)io::ReadCsv(context, std::move(*parts), options, tuning).has_value();
  return 0;
}
