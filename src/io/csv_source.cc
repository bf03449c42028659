// Opening CSV files: text, shape, names, and the schema that all files of a glob share.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "io/csv_read.h"
#include "io/name_words.h"

namespace tagwerk::io {
namespace {

bool HasData(const CsvFile& file) {
  return !Trim(file.input.bytes.substr(file.format.data_begin).substr(0, 1 << 16)).empty() ||
         file.input.bytes.size() - file.format.data_begin > (1 << 16);
}

Error HeaderOnly(const CsvFile& file) {
  return Error(Code::kInvalidData, "file-empty", "file has no data rows").In(file.input.path, "1 line (header only)");
}

std::string FormatName(const CsvFile& file) {
  if (!file.input.made_from.empty()) return file.input.made_from;
  return file.format.dialect.delimiter == '\t' ? "TSV" : "CSV";
}

// The form of a text that was made from a sheet is known, whatever is told about files.
ReadOptions OptionsOf(const Input& input, const ReadOptions& options) {
  if (input.made_from.empty()) return options;
  ReadOptions own = options;
  own.delimiter = ',';
  own.quote = '"';
  own.encoding = "utf-8";
  return own;
}

std::string CharText(char c) { return c == 0 ? "" : std::string(1, c); }

// Puts the row that had become the header back in front of the data.
void PutRowBack(CsvFile& file) {
  const Dialect& dialect = file.format.dialect;
  auto text = std::make_shared<std::string>();
  text->reserve(file.input.bytes.size());
  for (std::size_t i = 0; i < file.format.recovered.size(); ++i) {
    if (i > 0) *text += dialect.delimiter;
    const std::string& cell = file.format.recovered[i];
    const bool splits = cell.find(dialect.delimiter) != std::string::npos || (dialect.blank_runs && cell.empty());
    const bool quoted = dialect.quote != 0 && splits;
    *text += quoted ? dialect.quote + cell + dialect.quote : cell;
  }
  *text += dialect.newline;
  *text += file.input.bytes.substr(file.format.data_begin);
  file.format.data_begin = 0;
  --file.format.data_line;
  file.input.bytes = *text;
  file.input.owner = std::move(text);
}

}  // namespace

Result<CsvSource> CsvSource::Open(const Context& context, std::vector<Input> inputs, const ReadOptions& options) {
  CsvSource source;
  source.markers = MissingMarkers(options.missing, true);
  std::optional<Error> empty;
  for (Input& input : inputs) {
    CsvFile file;
    file.input = std::move(input);
    const ReadOptions own = OptionsOf(file.input, options);
    TW_TRY(file.encoding, ToUtf8(context, file.input, own.encoding));
    auto format = SniffCsv(file.input, own);
    if (!format && inputs.size() > 1 && format.error().id() == "file-empty") {
      empty = std::move(format).error();
      continue;
    }
    if (!format) return std::move(format).error();
    file.format = std::move(*format);
    if (!HasData(file)) {
      empty = HeaderOnly(file);
      continue;
    }
    if (!file.format.recovered.empty()) PutRowBack(file);
    file.names = MakeNames(file.format.names);
    source.files.push_back(std::move(file));
  }
  if (source.files.empty()) return *empty;
  if (empty) {
    source.notes.push_back({"read.header",
                            {},
                            Json{{"file", empty->where().file}},
                            "a file without data rows was passed over: " + empty->where().file});
  }
  TW_RETURN_IF_ERROR(source.JoinSchemas(options));
  return source;
}

Error CsvSource::SchemaDiffers(const CsvFile& file) const {
  const CsvFile& first = files.front();
  std::set<std::string> a(first.names.unique.begin(), first.names.unique.end());
  std::set<std::string> b(file.names.unique.begin(), file.names.unique.end());
  std::vector<std::string> lacks, adds;
  for (const std::string& name : a) {
    if (b.count(name) == 0) lacks.push_back(Quoted(name));
  }
  for (const std::string& name : b) {
    if (a.count(name) == 0) adds.push_back(Quoted(name));
  }
  std::string message = "files have different columns";
  if (!lacks.empty()) message += fmt::format("; this one lacks {}: {}", lacks.size(), lacks[0]);
  if (!adds.empty()) message += fmt::format("; this one adds {}: {}", adds.size(), adds[0]);
  return Error(Code::kInvalidData, "schema-differs", message)
      .In(file.input.path, "compared with " + first.input.path)
      .Do("read the files one by one, or bring them to the same columns");
}

Status CsvSource::JoinSchemas(const ReadOptions& options) {
  const Names& names = files.front().names;
  data_names = names.unique;
  NoteNames(names, notes);
  TW_RETURN_IF_ERROR(AddColumns(options));
  std::unordered_map<std::string, std::int32_t> by_name;
  for (std::size_t i = 0; i < columns.size(); ++i) by_name[columns[i].field.name] = std::int32_t(i);
  const std::set<std::string> known(data_names.begin(), data_names.end());
  for (CsvFile& file : files) {
    const bool by_position = !file.format.header && file.names.unique.size() == data_names.size();
    if (by_position) file.names = names;
    if (file.names.unique.size() != data_names.size()) return SchemaDiffers(file);
    for (const std::string& name : file.names.unique) {
      if (known.count(name) == 0) return SchemaDiffers(file);
      const auto found = by_name.find(name);
      file.target.push_back(found == by_name.end() ? -1 : found->second);
    }
  }
  return Ok();
}

Status CsvSource::AddColumns(const ReadOptions& options) {
  const Names& names = files.front().names;
  TW_TRY(const Told told, FindTold(options, names, files.front().input.path));
  std::unordered_map<std::string, const table::Field*> expected;
  for (const table::Field& field : options.expected) expected[field.name] = &field;
  for (std::size_t i = 0; i < names.unique.size(); ++i) {
    const auto found = expected.find(names.unique[i]);
    if (!expected.empty() && found == expected.end() && !options.keep_extra) continue;
    CsvColumn column;
    column.field.name = names.unique[i];
    column.field.original_name = names.original[i];
    if (files.front().input.made_from.empty()) column.hints.decimal = options.decimal;
    column.hints.keys = NamesCode(column.field.name);
    column.hints.prefer_decimal_comma = files.front().format.dialect.delimiter == ';';
    column.hints.prefer_day_first = column.hints.prefer_decimal_comma;
    if (found != expected.end()) {
      column.expected = true;
      column.told = found->second->type;
      column.field.role = found->second->role;
      column.hints.form = found->second->form;
    }
    if (const auto type = told.types.find(i); type != told.types.end()) {
      column.told = type->second;
      column.expected = false;
    }
    if (const auto form = told.forms.find(i); form != told.forms.end()) column.hints.form = form->second;
    columns.push_back(std::move(column));
  }
  return Ok();
}

std::size_t CsvSource::total_bytes() const {
  std::size_t total = 0;
  for (const CsvFile& file : files) total += file.input.bytes.size() - file.format.data_begin;
  return total;
}

ChunkJob CsvSource::Job(std::size_t f, const std::vector<ColumnPlan>& plans) const {
  ChunkJob job;
  job.text = files[f].input.bytes;
  job.dialect = files[f].format.dialect;
  job.width = files[f].format.num_columns;
  job.target = files[f].target;
  job.plans = &plans;
  job.markers = &markers;
  return job;
}

SourceInfo DescribeSource(const CsvFile& file) {
  SourceInfo info;
  info.path = file.input.path;
  info.format = FormatName(file);
  info.compression = file.input.compression;
  info.bytes = file.input.file_bytes;
  if (!file.input.made_from.empty()) {
    info.dialect = file.input.facts;
    info.dialect["header"] = file.format.header;
    info.dialect["evidence"] = Json{{"header", file.format.header_evidence}};
    return info;
  }
  info.dialect = Json{{"delimiter", CharText(file.format.dialect.delimiter)},
                      {"quote", CharText(file.format.dialect.quote)},
                      {"encoding", file.encoding.name},
                      {"header", file.format.header},
                      {"evidence",
                       {{"delimiter", file.format.delimiter_evidence},
                        {"encoding", file.encoding.evidence},
                        {"header", file.format.header_evidence}}}};
  return info;
}

}  // namespace tagwerk::io
