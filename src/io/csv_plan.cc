// Plans columns from a sample. The plan is only a guess that saves time: csv_read.cc checks it against
// all values and reads a column again where it does not hold.
#include <algorithm>

#include "io/csv_read.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kSpread = 7;  // places inside a file that are looked at besides its start

std::size_t NextLine(std::string_view text, std::size_t at, char newline) {
  const std::size_t found = text.find(newline, at);
  return found == std::string_view::npos ? text.size() : found + 1;
}

// Joins the sampled parts of one column to a draft.
StringDraft Join(std::vector<Chunk>& parts, std::size_t column) {
  table::DictionaryBuilder builder;
  StringDraft draft;
  for (Chunk& part : parts) {
    const ChunkColumn& from = part.columns[column];
    for (std::int32_t code : from.codes) {
      draft.codes.push_back(code < 0 ? -1 : builder.Intern(from.dictionary->at(code)));
    }
  }
  draft.dictionary = std::move(builder).Finish();
  return draft;
}

ColumnPlan PlanOf(const StringDraft& draft, const CsvColumn& column) {
  ColumnPlan plan;
  if (column.told && StorageOf(*column.told) != table::Storage::kString) {
    plan.form = DecideFormAs(draft, *column.told, column.hints);
  } else if (!column.told) {
    plan.form = DecideForm(draft, column.hints);
  } else if (*column.told == table::SemanticType::kOrdinal && column.fixed) {
    plan.form = DecideForm(draft, column.hints);
    if (plan.form.kind == ValueKind::kTime) plan.form = ValueForm();
  }
  // What a convention would have to decide, and units, are decided later, by the whole column; a stream
  // keeps the form.
  if (plan.form.affixed || (plan.form.ambiguous && !column.expected)) {
    if (!column.fixed) plan.form = ValueForm();
    return plan;
  }
  const bool told_string = column.told && StorageOf(*column.told) == table::Storage::kString;
  if (told_string) return plan;
  if (plan.form.kind == ValueKind::kTime && !plan.form.ambiguous) plan.proved = ProvedOrder(draft);
  plan.kind = plan.form.kind == ValueKind::kNumber ? PlanKind::kNumber
              : plan.form.kind == ValueKind::kTime ? PlanKind::kTime
                                                   : PlanKind::kString;
  return plan;
}

}  // namespace

std::vector<ColumnPlan> CsvSource::Plan(const Context& context, const CsvTuning& tuning) const {
  const std::vector<ColumnPlan> strings(columns.size());
  const std::size_t rows =
      std::clamp<std::size_t>(2'000'000 / std::max<std::size_t>(columns.size(), 1), 50, tuning.sample_rows);
  std::vector<Chunk> parts;
  const std::size_t files_looked_at = std::min<std::size_t>(files.size(), 16);
  for (std::size_t f = 0; f < files_looked_at; ++f) {
    ChunkJob job = Job(f, strings);
    const std::size_t begin = files[f].format.data_begin, size = job.text.size();
    const std::size_t share = std::max<std::size_t>(1, rows / files_looked_at);
    job.max_rows = std::max<std::size_t>(1, share / 2);
    parts.push_back(ParseChunk(context, job, begin, size));
    const std::size_t head_end = parts.back().end;
    job.max_rows = std::max<std::size_t>(1, share / 2 / kSpread);
    for (std::size_t i = 1; i <= kSpread && head_end < size; ++i) {
      const std::size_t at = head_end + (size - head_end) / (kSpread + 1) * i;
      parts.push_back(ParseChunk(context, job, NextLine(job.text, at, job.dialect.newline), size));
    }
  }
  std::vector<ColumnPlan> plans(columns.size());
  context.pool->For(columns.size(), [&](std::size_t i) { plans[i] = PlanOf(Join(parts, i), columns[i]); });
  return plans;
}

}  // namespace tagwerk::io
