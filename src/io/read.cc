// Read: opens DATA, finds the format of each part, and hands over to the reader of that format.
#include "io/read.h"

#include <fmt/format.h>

#include <new>

#include "base/text.h"
#include "io/arrow_files.h"
#include "io/csv_read.h"
#include "io/encoding.h"
#include "io/json_lines.h"
#include "io/read_sample.h"
#include "io/sampling.h"

namespace tagwerk::io {
namespace {

// Reads one input whose columns carry types, or a CSV file among such.
Result<TypedSource> ReadTyped(const Context& context, Input input, FileFormat format, const ReadOptions& options,
                              RejectLog& log, ReadResult& result, std::int64_t& data_lines) {
  if (format == FileFormat::kParquet) return ReadParquet(context, input, options);
  if (format == FileFormat::kArrowFile || format == FileFormat::kArrowStream) {
    return ReadArrowIpc(context, input, format, options);
  }
  if (format == FileFormat::kJson) {
    TW_TRY(const EncodingFacts encoding, ToUtf8(context, input, options.encoding));
    TW_TRY(auto json, ReadJson(context, input, options, log));
    json.source.info.dialect["encoding"] = encoding.name;
    result.physical_lines += json.lines;
    data_lines += json.data_lines;
    return std::move(json.source);
  }
  ReadOptions plain = options;
  plain.types.clear();
  plain.told.clear();
  plain.expected.clear();
  plain.rejected_path.clear();
  std::vector<Input> one;
  one.push_back(std::move(input));
  TW_TRY(auto csv, ReadCsv(context, std::move(one), plain));
  TypedSource source;
  source.info = csv.sources[0];
  source.rows = csv.table.num_rows();
  for (std::size_t i = 0; i < csv.table.num_columns(); ++i) {
    TypedColumn column;
    column.name = csv.table.field(i).name;
    column.column = csv.table.column_ptr(i);
    column.date_only = csv.table.field(i).date_only;
    source.columns.push_back(std::move(column));
  }
  for (auto& note : csv.notes) result.notes.push_back(std::move(note));
  result.physical_lines += csv.physical_lines;
  result.rejected_lines += csv.rejected_lines;
  return source;
}

// Returns the share of the rows that a table within the memory limit can hold; 1 for all.
Result<double> ShareInMemory(const Context& context, const std::vector<Input>& inputs,
                             const std::vector<FileFormat>& formats) {
  if (context.memory_limit == 0) return 1.0;
  double needed = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (formats[i] == FileFormat::kCsv) return 1.0;  // CSV among typed files: small, or the CSV reader samples it
    if (inputs[i].bytes.empty()) continue;
    TW_TRY(const std::uint64_t bytes, TableBytes(inputs[i], formats[i]));
    needed += double(bytes);
  }
  return std::min(1.0, double(TableBudget(context.memory_limit)) / std::max(needed, 1.0));
}

Result<ReadResult> ReadPart(const Context& context, std::vector<Input> inputs, const std::vector<FileFormat>& formats,
                            const ReadOptions& options, double share) {
  RejectLog log(options.rejected_path);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (formats[i] != FileFormat::kJson) continue;
    TW_RETURN_IF_ERROR(ToUtf8(context, inputs[i], options.encoding));
  }
  TW_TRY(auto sample, ReadSample(context, inputs, formats, options, share, log));
  TW_RETURN_IF_ERROR(log.Finish(sample.data_lines, options.max_rejected));
  const std::size_t rows = sample.source.rows;
  TW_TRY(auto result, AssembleTyped(context, std::move(sample.source), options));
  result.sources = std::move(sample.infos);
  result.physical_lines = sample.lines;
  result.rejected_lines = log.count();
  result.rejected = log.lines();
  result.sampled.rows = share;
  if (result.table.num_columns() == sample.totals.size()) result.totals = std::move(sample.totals);
  result.notes.push_back(
      {"read.sampled",
       {},
       Json{{"share", share}, {"rows", rows}, {"reason", "memory"}},
       fmt::format("{} of the rows were kept, evenly over the file, to stay within the memory limit", Percent(share))});
  return result;
}

Result<ReadResult> ReadInputs(const Context& context, std::vector<Input> inputs, const std::vector<FileFormat>& formats,
                              const ReadOptions& options) {
  TW_TRY(double share, ShareInMemory(context, inputs, formats));
  if (options.sampled) share = options.sampled->rows;
  if (share < 1) return ReadPart(context, std::move(inputs), formats, options, share);
  ReadResult gathered;
  RejectLog log(options.rejected_path);
  std::int64_t data_lines = 0;
  std::vector<TypedSource> sources;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs.size() > 1 && inputs[i].bytes.empty()) continue;
    TW_TRY(auto source, ReadTyped(context, std::move(inputs[i]), formats[i], options, log, gathered, data_lines));
    sources.push_back(std::move(source));
  }
  TW_RETURN_IF_ERROR(log.Finish(data_lines, options.max_rejected));
  for (const TypedSource& source : sources) gathered.sources.push_back(source.info);
  TW_TRY(auto joined, JoinTyped(context, std::move(sources)));
  TW_TRY(auto result, AssembleTyped(context, std::move(joined), options));
  result.sources = std::move(gathered.sources);
  result.physical_lines = gathered.physical_lines;
  result.rejected_lines = gathered.rejected_lines + log.count();
  result.rejected = log.lines();
  for (auto& note : gathered.notes) result.notes.push_back(std::move(note));
  return result;
}

Result<ReadResult> ReadData(const Context& context, const std::string& data, const ReadOptions& options) {
  context.Log(Level::kDebug, "read", "opening " + data);
  TW_TRY(auto inputs, OpenInputs(context, data, options.table));
  std::vector<FileFormat> formats;
  bool all_csv = true, all_empty = true;
  for (const Input& input : inputs) {
    TW_TRY(const FileFormat format, DetectFormat(input));
    formats.push_back(format);
    all_csv &= format == FileFormat::kCsv;
    all_empty &= input.bytes.empty();
  }
  if (all_empty) {
    return Error(Code::kInvalidData, "file-empty", "file has no data rows").In(data, "0 B");
  }
  TW_TRY(auto result, all_csv ? ReadCsv(context, std::move(inputs), options)
                              : ReadInputs(context, std::move(inputs), formats, options));
  context.Log(
      Level::kInfo, "read",
      fmt::format("{}: {} rows x {} columns, {} lines rejected", data, Count(std::int64_t(result.table.num_rows())),
                  result.table.num_columns(), Count(result.rejected_lines)));
  return result;
}

}  // namespace

Result<ReadResult> Read(const Context& context, const std::string& data, const ReadOptions& options) {
  try {
    return ReadData(context, data, options);
  } catch (const std::bad_alloc&) {
    return Error(Code::kResourceExhausted, "memory-limit", "memory does not suffice to hold the table")
        .In(data)
        .Do("a machine with more memory, or fewer columns or rows");
  }
}

}  // namespace tagwerk::io
