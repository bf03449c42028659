#include "io/shifted_rows.h"

#include <algorithm>

#include "table/value_form.h"

namespace tagwerk::io {
namespace {

constexpr std::int32_t kMostLevels = 10'000;
constexpr double kMostSingles = 0.01;  // share of values that occur once, above which a new one says nothing

bool IsCategory(const table::Field& field) {
  return field.type == table::SemanticType::kCategorical || field.type == table::SemanticType::kBoolean;
}

}  // namespace

ShiftJudge::ShiftJudge(const std::vector<table::Field>& fields, const std::vector<table::ColumnPtr>& columns)
    : fields_(fields), columns_(columns), counts_(fields.size()) {}

ShiftJudge::Fit ShiftJudge::Fits(std::size_t column, const std::string& text) {
  const table::Field& field = fields_[column];
  const table::Column& values = *columns_[column];
  if (text.empty() || table::IsFormMissing(text, field.form)) return Fit::kUnknown;
  if (values.storage() == table::Storage::kTimestamp) {
    return table::ReadTime(text, field.form) ? Fit::kYes : Fit::kNo;
  }
  if (values.storage() == table::Storage::kDouble) {
    return table::ReadNumber(text, field.form).kind == table::NumberKind::kNotNumber ? Fit::kNo : Fit::kYes;
  }
  const std::int32_t num_levels = values.dictionary()->size();
  if (!IsCategory(field) || num_levels == 0 || num_levels > kMostLevels) return Fit::kUnknown;
  std::vector<std::int64_t>& counts = counts_[column];
  const table::Dictionary& levels = *values.dictionary();
  if (counts.empty()) {
    counts.assign(std::size_t(levels.size()), 0);
    for (const std::int32_t code : *values.codes()) {
      if (code >= 0) ++counts[std::size_t(code)];
    }
    std::int64_t singles = 0, present = 0;
    for (const std::int64_t count : counts) {
      singles += count == 1;
      present += count;
    }
    if (double(singles - 1) > kMostSingles * double(present)) counts.assign(1, -1);  // says nothing
  }
  if (counts[0] < 0) return Fit::kUnknown;
  for (std::int32_t code = 0; code < levels.size(); ++code) {
    if (levels.at(code) == text) return counts[std::size_t(code)] > 1 ? Fit::kYes : Fit::kNo;
  }
  return Fit::kNo;
}

ShiftEvidence ShiftJudge::Judge(const std::vector<std::string>& cells) {
  ShiftEvidence evidence;
  std::size_t hits[2] = {0, 0};  // left, right
  for (std::size_t j = 0; j < cells.size(); ++j) {
    if (Fits(j, cells[j]) != Fit::kNo) continue;
    evidence.columns.push_back(j);
    hits[0] += j > 0 && Fits(j - 1, cells[j]) == Fit::kYes;
    hits[1] += j + 1 < cells.size() && Fits(j + 1, cells[j]) == Fit::kYes;
  }
  evidence.misfits = evidence.columns.size();
  evidence.direction = hits[1] >= hits[0] ? 1 : -1;
  evidence.hits = std::max(hits[0], hits[1]);
  evidence.shifted = evidence.hits >= 2 && evidence.hits * 2 >= evidence.misfits;
  return evidence;
}

}  // namespace tagwerk::io
