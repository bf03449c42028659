// Finished columns from parsed chunks: numbers and times are joined, strings share one dictionary in the
// order of first appearance, so that the result does not depend on how the file was cut.
#include <algorithm>

#include "io/csv_read.h"

namespace tagwerk::io {
namespace {

using table::SemanticType;

template <class T>
std::vector<T> Joined(std::vector<ChunkColumn*>& parts, std::vector<T> ChunkColumn::* values) {
  if (parts.size() == 1) return std::move(parts[0]->*values);
  std::size_t total = 0;
  for (ChunkColumn* part : parts) total += (part->*values).size();
  std::vector<T> out;
  out.reserve(total);
  for (ChunkColumn* part : parts) {
    out.insert(out.end(), (part->*values).begin(), (part->*values).end());
    std::vector<T>().swap(part->*values);
  }
  return out;
}

Conversion JoinedConversion(const std::vector<ChunkColumn*>& parts) {
  Conversion all;
  for (const ChunkColumn* part : parts) {
    const Conversion& c = part->conversion;
    all.present += c.present;
    all.failed += c.failed;
    all.infinite += c.infinite;
    all.inexact += c.inexact;
    all.leading_zero += c.leading_zero;
    all.zoned |= c.zoned;
    for (const std::string& example : c.examples) {
      const bool known = std::find(all.examples.begin(), all.examples.end(), example) != all.examples.end();
      if (!known && all.examples.size() < 5) all.examples.push_back(example);
    }
  }
  return all;
}

StringDraft JoinedStrings(std::vector<ChunkColumn*>& parts) {
  table::DictionaryBuilder builder;
  StringDraft draft;
  std::size_t total = 0;
  for (const ChunkColumn* part : parts) total += part->codes.size();
  draft.codes.reserve(total);
  std::vector<std::int32_t> joined;  // code in the chunk -> code in the column
  for (ChunkColumn* part : parts) {
    joined.assign(std::size_t(part->dictionary->size()), -1);
    for (std::int32_t code : part->codes) {
      if (code < 0) {
        draft.codes.push_back(-1);
        continue;
      }
      std::int32_t& to = joined[std::size_t(code)];
      if (to < 0) to = builder.Intern(part->dictionary->at(code));
      draft.codes.push_back(to);
    }
    std::vector<std::int32_t>().swap(part->codes);
    part->dictionary.reset();
  }
  draft.dictionary = std::move(builder).Finish();
  return draft;
}

}  // namespace

table::ColumnPtr BuildColumn(std::vector<ChunkColumn*>& parts, const ColumnPlan& plan, CsvColumn& column) {
  table::Field& field = column.field;
  const bool told = column.told.has_value();
  if (plan.kind == PlanKind::kString) {
    StringDraft draft = JoinedStrings(parts);
    return told ? FinishDraftAs(std::move(draft), *column.told, column.hints, field)
                : FinishDraft(std::move(draft), column.hints, field);
  }
  const Conversion c = JoinedConversion(parts);
  const bool keys = c.inexact > 0 || (c.leading_zero > 0 && c.leading_zero * 100 >= c.present);
  const bool holds = FewFailed(c.failed, c.present) && (told || !keys);
  if (!holds && !column.fixed) return nullptr;
  table::ColumnPtr result;
  if (plan.kind == PlanKind::kNumber) {
    result = table::Column::Doubles(Joined(parts, &ChunkColumn::numbers));
    DescribeNumbers(*result, c, field);
  } else {
    result = table::Column::Timestamps(Joined(parts, &ChunkColumn::times));
    DescribeTimes(*result, c, plan.form, field);
  }
  if (told) {
    field.type = *column.told;
    field.type_confidence = 1.0;
    field.type_evidence = "told";
  }
  return result;
}

}  // namespace tagwerk::io
