// Finished columns from parsed chunks: numbers and times are joined, strings share one dictionary in the
// order of first appearance, so that the result does not depend on how the file was cut.
#include <algorithm>

#include "io/csv_read.h"
#include "io/number_times.h"

namespace tagwerk::io {
namespace {

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
  std::size_t rows = 0;  // before the part
  for (const ChunkColumn* part : parts) {
    const Conversion& c = part->conversion;
    for (const std::size_t row : c.failed_rows) {
      if (all.failed_rows.size() < kFailedRows) all.failed_rows.push_back(rows + row);
    }
    rows += std::max(part->numbers.size(), part->times.size());
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

/// Returns whether the plan read the values as the whole column is to be read.
bool Holds(const Conversion& c, const ValueForm& form, bool told) {
  const bool keys = c.inexact > 0 || (c.leading_zero > 0 && c.leading_zero * 100 >= c.present);
  if (!FewFailed(c.failed, c.present) || (keys && !told)) return false;
  if (form.kind != ValueKind::kNumber || form.style != NumberStyle::kPlain) return true;
  // A few values with separators: another style may read them all.
  return std::none_of(c.examples.begin(), c.examples.end(), [](const std::string& text) {
    return ParseNumber(text, NumberStyle::kGrouped).kind == NumberKind::kNumber ||
           ParseNumber(text, NumberStyle::kDecimalComma).kind == NumberKind::kNumber;
  });
}

}  // namespace

table::ColumnPtr BuildColumn(std::vector<ChunkColumn*>& parts, const ColumnPlan& plan, CsvColumn& column) {
  table::Field& field = column.field;
  const bool told = column.told.has_value();
  if (plan.kind == PlanKind::kString) {
    StringDraft draft = JoinedStrings(parts);
    InferHints hints = column.hints;
    if (column.fixed) {
      hints.form = plan.form;
      hints.form_fixed = true;
    }
    if (told) return FinishDraftAs(std::move(draft), *column.told, hints, field);
    Conversion facts;
    auto result = FinishDraft(std::move(draft), hints, field, &facts);
    column.failed_rows = std::move(facts.failed_rows);
    return result;
  }
  const Conversion c = JoinedConversion(parts);
  if (!column.fixed && !Holds(c, plan.form, told)) return nullptr;
  column.failed_rows = c.failed_rows;
  table::ColumnPtr result;
  if (plan.kind == PlanKind::kNumber) {
    result = table::Column::Doubles(Joined(parts, &ChunkColumn::numbers));
    if (const auto times = told ? std::nullopt : TimesInNumbers(*result, field.name)) {
      result = NumbersToTimes(*result, *times);
      DescribeTimes(*result, c, *times, field);
    } else {
      DescribeNumbers(*result, c, plan.form, field);
    }
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

void DescribeAgain(const table::Column& column, table::Field& field) {
  Conversion c;
  for (std::size_t i = 0; i < column.size(); ++i) c.present += !column.IsMissing(i);
  c.failed = field.unparsed;
  c.present += c.failed;
  c.examples = field.unparsed_examples;
  c.affixed = field.converted;
  c.affixed_examples = field.converted_examples;
  c.form_missing = field.form_missing;
  const ValueForm form = field.form;
  if (column.storage() == table::Storage::kDouble) {
    DescribeNumbers(column, c, form, field);
  } else if (column.storage() == table::Storage::kTimestamp) {
    DescribeTimes(column, c, form, field);
  }
}

}  // namespace tagwerk::io
