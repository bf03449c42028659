// Read: opens DATA, finds the format of each part, and hands over to the reader of that format.
#include "io/read.h"

#include <fmt/format.h>

#include <new>

#include "base/text.h"
#include "io/arrow_files.h"
#include "io/csv_read.h"
#include "io/encoding.h"
#include "io/json_lines.h"

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
    TW_TRY(auto json, ReadJsonLines(context, input, options, log));
    json.source.info.dialect = Json{{"encoding", encoding.name}};
    result.physical_lines += json.lines;
    data_lines += json.data_lines;
    return std::move(json.source);
  }
  ReadOptions plain = options;
  plain.types.clear();
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

Result<ReadResult> ReadInputs(const Context& context, std::vector<Input> inputs, const std::vector<FileFormat>& formats,
                              const ReadOptions& options) {
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
  TW_TRY(auto inputs, OpenInputs(context, data));
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
