#include "io/odd_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kMostSuspects = 200;
constexpr std::size_t kMostEmptyAtEnd = 100'000;

bool IsTotalWord(const std::string& text) {
  static constexpr std::array<std::string_view, 10> kWords = {"total", "totals", "grand total", "sum",   "subtotal",
                                                              "summe", "gesamt", "gesamtsumme", "somme", "totale"};
  std::string lower = Lower(text);
  while (!lower.empty() && (lower.back() == ':' || lower.back() == ' ')) lower.pop_back();
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

}  // namespace

OddRows::OddRows(const Context& context, CsvSource& source, const std::vector<table::ColumnPtr>& columns,
                 ParsedChunks parsed, RejectLog& log)
    : context_(context), source_(source), columns_(columns), parsed_(std::move(parsed)), log_(log) {
  for (const CsvColumn& column : source_.columns) fields_.push_back(column.field);
}

Status OddRows::Find(std::size_t num_rows) {
  TW_RETURN_IF_ERROR(CheckEnd(num_rows));
  if (source_.columns.size() < 3) return Ok();
  std::set<std::size_t> suspects;  // rows in which a value did not convert
  for (const CsvColumn& column : source_.columns) {
    for (const std::size_t row : column.failed_rows) {
      if (suspects.size() < kMostSuspects && rows_.count(row) == 0) suspects.insert(row);
    }
  }
  ShiftJudge judge(fields_, columns_);
  for (const std::size_t row : suspects) {
    if (context_.Stopped()) return Ok();
    TW_RETURN_IF_ERROR(CheckShift(row, judge));
  }
  return Ok();
}

std::optional<OddRows::Row> OddRows::Read(std::size_t row) const {
  const std::vector<Chunk>& chunks = parsed_.chunks;
  std::size_t first = 0, at = 0;
  for (; at < chunks.size() && row >= first + chunks[at].rows; ++at) first += chunks[at].rows;
  if (at == chunks.size()) return std::nullopt;
  Row out;
  out.number = row;
  out.file = parsed_.file_of[at];
  std::int64_t line = source_.files[out.file].format.data_line;
  for (std::size_t i = at; i > 0 && parsed_.file_of[i - 1] == out.file; --i) line += chunks[i - 1].lines;
  const std::vector<ColumnPlan> strings(source_.columns.size());
  ChunkJob job = parsed_.job(out.file, strings);
  job.locate = row - first;
  job.max_rows = row - first + 1;
  const Chunk chunk = ParseChunk(context_, job, chunks[at].begin, chunks[at].end);
  if (chunk.rows <= row - first) return std::nullopt;
  out.place = chunk.located;
  out.place.line = parsed_.lines_known ? out.place.line + line : 0;
  for (const ChunkColumn& column : chunk.columns) {
    const std::int32_t code = column.codes.back();
    out.cells.emplace_back(code < 0 ? std::string_view() : column.dictionary->at(code));
  }
  return out;
}

Status OddRows::List(const Row& row, RejectReason reason, const std::string& detail) {
  const CsvFile& file = source_.files[row.file];
  Reject reject = row.place;
  reject.reason = reason;
  reject.detail = detail;
  rows_.insert(row.number);
  Forget(row);
  return log_.Add(file.input.path, file.input.bytes, {reject}, file.format.num_columns);
}

// What a row that is set aside did to the counts of its columns is undone.
void OddRows::Forget(const Row& row) {
  for (std::size_t j = 0; j < row.cells.size(); ++j) {
    table::Field& field = source_.columns[j].field;
    const std::string& text = row.cells[j];
    if (text.empty() || columns_[j]->storage() == table::Storage::kString) continue;
    if (table::IsFormMissing(text, field.form)) {
      --field.form_missing;
    } else if (columns_[j]->IsMissing(row.number)) {
      auto& examples = field.unparsed_examples;
      if (field.unparsed > 0) --field.unparsed;
      examples.erase(std::remove(examples.begin(), examples.end(), text.substr(0, 200)), examples.end());
    } else if (field.converted > 0 && ParseNumber(text, field.form.style).kind == NumberKind::kNotNumber) {
      --field.converted;
    }
  }
}

Status OddRows::CheckShift(std::size_t row, ShiftJudge& judge) {
  const auto found = Read(row);
  if (!found) return Ok();
  const ShiftEvidence evidence = judge.Judge(found->cells);
  if (!evidence.shifted) return Ok();
  const std::string detail =
      fmt::format("{} of {} cells do not fit their column, {} of them fit the one to the {}", evidence.misfits,
                  found->cells.size(), evidence.hits, evidence.direction > 0 ? "right" : "left");
  TW_RETURN_IF_ERROR(List(*found, RejectReason::kShifted, detail));
  std::vector<std::string> names;
  for (const std::size_t j : evidence.columns) names.push_back(fields_[j].name);
  const std::string& path = source_.files[found->file].input.path;
  notes_.push_back({"row.shifted", std::move(names),
                    Json{{"file", path},
                         {"line", found->place.line},
                         {"misfits", evidence.misfits},
                         {"fit_next", evidence.hits},
                         {"direction", evidence.direction > 0 ? "right" : "left"}},
                    fmt::format("the cells of {}, line {}, are shifted: {}; the row was set aside", path,
                                found->place.line, detail)});
  return Ok();
}

bool OddRows::IsTotal(const Row& row) const {
  for (std::size_t j = 0; j < row.cells.size(); ++j) {
    if (row.cells[j].empty()) continue;
    if (!IsTotalWord(row.cells[j])) return false;
    const table::Column& column = *columns_[j];
    if (column.storage() != table::Storage::kString) return true;
    // A category that other rows have too is no total.
    std::int64_t same = 0;
    for (const std::int32_t code : *column.codes()) same += code >= 0 && column.dictionary()->at(code) == row.cells[j];
    return same <= 1;
  }
  return false;
}

// A total below the rows; rows without any value may follow it.
Status OddRows::CheckEnd(std::size_t num_rows) {
  std::size_t end = num_rows;
  const auto empty = [&](std::size_t row) {
    return std::all_of(columns_.begin(), columns_.end(), [&](const auto& column) { return column->IsMissing(row); });
  };
  while (end > 1 && num_rows - end < kMostEmptyAtEnd && empty(end - 1)) --end;
  if (end < 3) return Ok();
  const auto last = Read(end - 1);
  if (!last || !IsTotal(*last)) return Ok();
  TW_RETURN_IF_ERROR(List(*last, RejectReason::kFooter, "a total of the rows above"));
  const std::string& path = source_.files[last->file].input.path;
  notes_.push_back({"row.rejected",
                    {},
                    Json{{"file", path}, {"line", last->place.line}, {"reason", "total"}},
                    fmt::format("the last row of {} is a total of the rows above and was set aside", path)});
  return Ok();
}

void OddRows::Drop(std::size_t& num_rows, std::vector<table::ColumnPtr>& columns, std::vector<table::Field>& fields,
                   std::vector<SourceInfo>& sources) const {
  if (rows_.empty()) return;
  table::Rows kept;
  std::size_t end = 0, at = 0;  // rows of the chunks up to `at`
  for (std::size_t row = 0; row < num_rows; ++row) {
    while (row >= end) end += parsed_.chunks[at++].rows;
    if (rows_.count(row) == 0) {
      kept.push_back(table::RowIndex(row));
    } else {
      --sources[parsed_.file_of[at - 1]].rows;
    }
  }
  num_rows = kept.size();
  context_.pool->For(columns.size(), [&](std::size_t j) {
    columns[j] = columns[j]->Take(kept);
    if (fields[j].type_evidence != "told") DescribeAgain(*columns[j], fields[j]);
  });
}

}  // namespace tagwerk::io
