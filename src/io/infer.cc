// Decides how the texts of a column are to be read, on its dictionary: each distinct text is tried once
// and counts as often as it occurs.
#include "io/infer.h"

#include <algorithm>
#include <cmath>

#include "base/constants.h"

namespace tagwerk::io {
namespace {

using table::Dictionary;
using table::kMissingTime;
using table::SemanticType;
using table::Storage;

struct Weights {
  std::vector<std::int64_t> count;  // per code
  std::int64_t present = 0;
};

Weights Weigh(const StringDraft& draft) {
  Weights w;
  w.count.assign(std::size_t(draft.dictionary->size()), 0);
  for (std::int32_t code : draft.codes) {
    if (code < 0) continue;
    ++w.count[std::size_t(code)];
    ++w.present;
  }
  return w;
}

enum class Fit : std::uint8_t { kNo, kYes, kKeys };  // keys: digits that are not amounts

Fit NumbersFit(const Dictionary& dictionary, const Weights& w, NumberStyle style) {
  std::int64_t failed = 0, leading_zero = 0;
  bool inexact = false, equal_length = true;
  std::size_t length = 0;
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0) continue;
    const std::string_view text = dictionary.at(code);
    const ParsedNumber number = ParseNumber(text, style);
    if (number.kind == NumberKind::kNotNumber) {
      failed += count;
      if (!FewFailed(failed, w.present)) return Fit::kNo;
      continue;
    }
    inexact |= number.kind == NumberKind::kInexact;
    if (number.leading_zero) leading_zero += count;
    if (length == 0) length = text.size();
    equal_length &= length == text.size();
  }
  const bool codes = leading_zero * 100 >= w.present && leading_zero > 0 && equal_length;
  return inexact || codes ? Fit::kKeys : Fit::kYes;
}

bool TimesFit(const Dictionary& dictionary, const Weights& w, DateOrder order) {
  std::int64_t failed = 0;
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0 || ParseTime(dictionary.at(code), order)) continue;
    failed += count;
    if (!FewFailed(failed, w.present)) return false;
  }
  return true;
}

// Returns whether some text is a different day when read day-first than month-first.
bool OrdersDiffer(const Dictionary& dictionary, const Weights& w) {
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    if (w.count[std::size_t(code)] == 0) continue;
    const auto day = ParseTime(dictionary.at(code), DateOrder::kDayFirst);
    const auto month = ParseTime(dictionary.at(code), DateOrder::kMonthFirst);
    if (day && month && day->microseconds != month->microseconds) return true;
  }
  return false;
}

std::optional<ValueForm> DecideNumbers(const Dictionary& dictionary, const Weights& w, const InferHints& hints) {
  ValueForm form;
  form.kind = ValueKind::kNumber;
  auto result = [&](Fit fit, NumberStyle style) {
    form.style = style;
    if (fit == Fit::kKeys) form.kind = ValueKind::kString;
    return form;
  };
  const bool comma_told = hints.decimal == ',';
  if (!comma_told) {
    if (Fit fit = NumbersFit(dictionary, w, NumberStyle::kPlain); fit != Fit::kNo) {
      return result(fit, NumberStyle::kPlain);
    }
  }
  const Fit grouped = comma_told ? Fit::kNo : NumbersFit(dictionary, w, NumberStyle::kGrouped);
  const Fit comma = hints.decimal == '.' ? Fit::kNo : NumbersFit(dictionary, w, NumberStyle::kDecimalComma);
  form.ambiguous = grouped != Fit::kNo && comma != Fit::kNo;
  if (comma != Fit::kNo && (grouped == Fit::kNo || hints.prefer_decimal_comma)) {
    return result(comma, NumberStyle::kDecimalComma);
  }
  if (grouped != Fit::kNo) return result(grouped, NumberStyle::kGrouped);
  return std::nullopt;
}

// Day-first or month-first when both fit: dots and dashes are day-first everywhere, a slash with
// nothing else to go by is read month-first.
DateOrder Convention(const Dictionary& dictionary, const Weights& w, const InferHints& hints) {
  if (hints.prefer_day_first) return DateOrder::kDayFirst;
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    if (w.count[std::size_t(code)] == 0) continue;
    return dictionary.at(code).find('/') == std::string_view::npos ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
  }
  return DateOrder::kMonthFirst;
}

std::optional<ValueForm> DecideTimes(const Dictionary& dictionary, const Weights& w, const InferHints& hints) {
  ValueForm form;
  form.kind = ValueKind::kTime;
  if (TimesFit(dictionary, w, DateOrder::kYearFirst)) {
    form.order = DateOrder::kYearFirst;
    return form;
  }
  const bool day = TimesFit(dictionary, w, DateOrder::kDayFirst);
  const bool month = TimesFit(dictionary, w, DateOrder::kMonthFirst);
  if (!day && !month) return std::nullopt;
  form.order = day ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
  if (day && month && OrdersDiffer(dictionary, w)) {
    form.ambiguous = true;
    form.order = Convention(dictionary, w, hints);
  }
  return form;
}

void AddExample(Conversion& c, std::string_view text) {
  if (c.examples.size() < kExamples) c.examples.emplace_back(text.substr(0, 200));
}

table::ColumnPtr ConvertNumbers(const StringDraft& draft, const Weights& w, const ValueForm& form, Conversion& c) {
  const Dictionary& dictionary = *draft.dictionary;
  std::vector<double> by_code(std::size_t(dictionary.size()), kNaN);
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0) continue;
    const ParsedNumber number = ParseNumber(dictionary.at(code), form.style);
    if (number.kind == NumberKind::kNotNumber || number.kind == NumberKind::kInfinite) {
      (number.kind == NumberKind::kInfinite ? c.infinite : c.failed) += count;
      AddExample(c, dictionary.at(code));
      continue;
    }
    by_code[std::size_t(code)] = number.value;
  }
  std::vector<double> values;
  values.reserve(draft.codes.size());
  for (std::int32_t code : draft.codes) values.push_back(code < 0 ? kNaN : by_code[std::size_t(code)]);
  return table::Column::Doubles(std::move(values));
}

table::ColumnPtr ConvertTimes(const StringDraft& draft, const Weights& w, const ValueForm& form, Conversion& c) {
  const Dictionary& dictionary = *draft.dictionary;
  std::vector<std::int64_t> by_code(std::size_t(dictionary.size()), kMissingTime);
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0) continue;
    std::optional<std::int64_t> time;
    if (form.epoch) {
      const ParsedNumber number = ParseNumber(dictionary.at(code), NumberStyle::kPlain);
      if (number.kind == NumberKind::kNumber) time = EpochMicroseconds(number.value);
    } else if (const auto parsed = ParseTime(dictionary.at(code), form.order)) {
      time = parsed->microseconds;
      c.zoned |= parsed->zoned;
    }
    if (!time) {
      c.failed += count;
      AddExample(c, dictionary.at(code));
      continue;
    }
    by_code[std::size_t(code)] = *time;
  }
  std::vector<std::int64_t> values;
  values.reserve(draft.codes.size());
  for (std::int32_t code : draft.codes) {
    values.push_back(code < 0 ? kMissingTime : by_code[std::size_t(code)]);
  }
  return table::Column::Timestamps(std::move(values));
}

}  // namespace

ValueForm DecideForm(const StringDraft& draft, const InferHints& hints) {
  const Weights w = Weigh(draft);
  ValueForm form;
  if (w.present == 0) {
    if (hints.numbers) form.kind = ValueKind::kNumber;
    return form;
  }
  if (hints.numbers) {
    if (auto numbers = DecideNumbers(*draft.dictionary, w, hints)) return *numbers;
  }
  if (auto times = DecideTimes(*draft.dictionary, w, hints)) return *times;
  return form;
}

table::ColumnPtr ConvertDraft(const StringDraft& draft, const ValueForm& form, Conversion& conversion) {
  const Weights w = Weigh(draft);
  conversion.present = w.present;
  return form.kind == ValueKind::kTime ? ConvertTimes(draft, w, form, conversion)
                                       : ConvertNumbers(draft, w, form, conversion);
}

table::ColumnPtr FinishDraft(StringDraft draft, const InferHints& hints, table::Field& field) {
  const ValueForm form = DecideForm(draft, hints);
  Conversion conversion;
  if (form.kind == ValueKind::kString) {
    auto column = table::Column::Strings(std::move(draft.codes), std::move(draft.dictionary));
    DescribeStrings(*column, field);
    return column;
  }
  auto column = ConvertDraft(draft, form, conversion);
  if (form.kind == ValueKind::kTime) {
    DescribeTimes(*column, conversion, form, field);
  } else {
    DescribeNumbers(*column, conversion, field);
  }
  return column;
}

Storage StorageOf(SemanticType type) {
  if (type == SemanticType::kNumeric) return Storage::kDouble;
  return type == SemanticType::kDatetime ? Storage::kTimestamp : Storage::kString;
}

table::ColumnPtr FinishDraftAs(StringDraft draft, SemanticType type, const InferHints& hints, table::Field& field) {
  field.type_confidence = 1.0;
  ValueForm form = DecideForm(draft, hints);
  const bool ranked = type == SemanticType::kOrdinal && form.kind == ValueKind::kNumber;
  if (StorageOf(type) == Storage::kString && !ranked) {
    auto column = table::Column::Strings(std::move(draft.codes), std::move(draft.dictionary));
    field.type = type;
    field.type_evidence = "told";
    return column;
  }
  if (type == SemanticType::kDatetime) {
    form.epoch = form.kind == ValueKind::kNumber;
    if (form.kind != ValueKind::kTime && !form.epoch) {
      // Nothing fits for 99 %: take the order that fits most.
      std::int64_t best = -1;
      for (DateOrder order : {DateOrder::kYearFirst, DateOrder::kDayFirst, DateOrder::kMonthFirst}) {
        ValueForm trial;
        trial.kind = ValueKind::kTime;
        trial.order = order;
        Conversion c;
        ConvertDraft(draft, trial, c);
        if (c.present - c.failed > best) {
          best = c.present - c.failed;
          form = trial;
        }
      }
    }
    form.kind = ValueKind::kTime;
  } else if (form.kind != ValueKind::kNumber) {
    form.style = hints.decimal == ',' ? NumberStyle::kDecimalComma : form.style;
    form.kind = ValueKind::kNumber;
  }
  Conversion conversion;
  auto column = ConvertDraft(draft, form, conversion);
  if (form.kind == ValueKind::kTime) {
    DescribeTimes(*column, conversion, form, field);
  } else {
    DescribeNumbers(*column, conversion, field);
  }
  field.type = type;
  field.type_confidence = 1.0;
  field.type_evidence = "told";
  return column;
}

}  // namespace tagwerk::io
