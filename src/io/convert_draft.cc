// Converts the texts of a column by a form that is decided.
#include <algorithm>

#include "base/constants.h"
#include "io/infer.h"

namespace tagwerk::io {
namespace {

using table::Dictionary;
using table::kMissingTime;

void AddExample(std::vector<std::string>& examples, std::string_view text) {
  if (examples.size() < kExamples) examples.emplace_back(text.substr(0, 200));
}

/// Remembers the first rows whose text did not convert.
void NoteFailedRows(const StringDraft& draft, const std::vector<std::uint8_t>& failed, Conversion& c) {
  if (c.failed == 0) return;
  for (std::size_t row = 0; row < draft.codes.size() && c.failed_rows.size() < kFailedRows; ++row) {
    const std::int32_t code = draft.codes[row];
    if (code >= 0 && failed[std::size_t(code)] != 0) c.failed_rows.push_back(row);
  }
}

/// Returns whether a number stands alone, in digits as the style has them.
bool IsBare(std::string_view text, NumberStyle style) {
  return ParseNumber(text, style).kind != NumberKind::kNotNumber;
}

table::ColumnPtr ConvertDraftNumbers(const StringDraft& draft, const Weights& w, const ValueForm& form, Conversion& c) {
  const Dictionary& dictionary = *draft.dictionary;
  std::vector<double> by_code(std::size_t(dictionary.size()), kNaN);
  std::vector<std::uint8_t> failed(std::size_t(dictionary.size()), 0);
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0) continue;
    const std::string_view text = dictionary.at(code);
    if (table::IsFormMissing(text, form)) {
      c.form_missing += count;
      continue;
    }
    const ParsedNumber number = table::ReadNumber(text, form);
    if (number.kind == NumberKind::kNotNumber || number.kind == NumberKind::kInfinite) {
      (number.kind == NumberKind::kInfinite ? c.infinite : c.failed) += count;
      AddExample(c.examples, text);
      failed[std::size_t(code)] = 1;
      continue;
    }
    if (form.affixed && !IsBare(text, form.style)) {
      c.affixed += count;
      AddExample(c.affixed_examples, text);
    }
    by_code[std::size_t(code)] = number.value;
  }
  c.present -= c.form_missing;
  NoteFailedRows(draft, failed, c);
  std::vector<double> values;
  values.reserve(draft.codes.size());
  for (std::int32_t code : draft.codes) values.push_back(code < 0 ? kNaN : by_code[std::size_t(code)]);
  return table::Column::Doubles(std::move(values));
}

table::ColumnPtr ConvertTimes(const StringDraft& draft, const Weights& w, const ValueForm& form, Conversion& c) {
  const Dictionary& dictionary = *draft.dictionary;
  std::vector<std::int64_t> by_code(std::size_t(dictionary.size()), kMissingTime);
  std::vector<std::uint8_t> failed(std::size_t(dictionary.size()), 0);
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0) continue;
    const auto time = table::ReadTime(dictionary.at(code), form);
    if (!time) {
      c.failed += count;
      AddExample(c.examples, dictionary.at(code));
      failed[std::size_t(code)] = 1;
      continue;
    }
    c.zoned |= time->zoned;
    by_code[std::size_t(code)] = time->microseconds;
  }
  NoteFailedRows(draft, failed, c);
  std::vector<std::int64_t> values;
  values.reserve(draft.codes.size());
  for (std::int32_t code : draft.codes) {
    values.push_back(code < 0 ? kMissingTime : by_code[std::size_t(code)]);
  }
  return table::Column::Timestamps(std::move(values));
}

}  // namespace

table::ColumnPtr ConvertDraft(const StringDraft& draft, const ValueForm& form, Conversion& conversion) {
  const Weights w = Weigh(draft);
  conversion.present = w.present;
  return form.kind == ValueKind::kTime ? ConvertTimes(draft, w, form, conversion)
                                       : ConvertDraftNumbers(draft, w, form, conversion);
}

}  // namespace tagwerk::io
