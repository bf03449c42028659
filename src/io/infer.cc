// Decides how the texts of a column are to be read, on its dictionary: each distinct text is tried once
// and counts as often as it occurs.
#include "io/infer.h"

#include <algorithm>

#include "base/text.h"
#include "io/number_times.h"
#include "io/quantity_column.h"

namespace tagwerk::io {
namespace {

using table::Dictionary;
using table::ParseTime;
using table::SemanticType;
using table::Storage;

/// How one style reads the values.
struct NumberFit {
  bool fits = false;
  bool keys = false;  // digits that are not amounts
  bool whole = true;  // no value has a decimal mark
  std::int64_t failed = 0;
};

NumberFit TryNumbers(const Dictionary& dictionary, const Weights& w, NumberStyle style) {
  NumberFit fit;
  std::int64_t leading_zero = 0;
  bool inexact = false, equal_length = true;
  std::size_t length = 0;
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0) continue;
    const std::string_view text = dictionary.at(code);
    const ParsedNumber number = ParseNumber(text, style);
    if (number.kind == NumberKind::kNotNumber) {
      fit.failed += count;
      if (!FewFailed(fit.failed, w.present)) return fit;
      continue;
    }
    inexact |= number.kind == NumberKind::kInexact;
    if (number.leading_zero) leading_zero += count;
    if (length == 0) length = text.size();
    equal_length &= length == text.size();
    fit.whole &= std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  const bool codes = leading_zero * 100 >= w.present && leading_zero > 0 && equal_length;
  fit.fits = true;
  fit.keys = inexact || codes;
  return fit;
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

/// The styles that the user's decimal mark allows, in the order in which they win when equally good.
std::vector<NumberStyle> Styles(const InferHints& hints) {
  std::vector<NumberStyle> styles;
  if (hints.decimal != ',') styles = {NumberStyle::kPlain, NumberStyle::kGrouped};
  if (hints.decimal == '.') return styles;
  styles.insert(hints.prefer_decimal_comma && !styles.empty() ? styles.begin() + 1 : styles.end(),
                NumberStyle::kDecimalComma);
  return styles;
}

std::optional<ValueForm> DecideNumbers(const Dictionary& dictionary, const Weights& w, const InferHints& hints) {
  std::optional<NumberFit> best;
  ValueForm form;
  for (const NumberStyle style : Styles(hints)) {
    const NumberFit fit = TryNumbers(dictionary, w, style);
    if (!fit.fits) continue;
    // Thousands separators and decimal commas can both fit: "1,234".
    form.ambiguous |= best && best->failed == fit.failed && form.style != NumberStyle::kPlain;
    if (best && best->failed <= fit.failed) continue;
    form.style = style;
    best = fit;
    if (fit.failed == 0 && style == NumberStyle::kPlain) break;
  }
  if (!best) return std::nullopt;
  form.kind = best->keys || (hints.keys && best->whole) ? ValueKind::kString : ValueKind::kNumber;
  return form;
}

std::optional<ValueForm> DecideQuantities(const StringDraft& draft, const Weights& w, const InferHints& hints,
                                          bool told) {
  std::optional<QuantityForm> best;
  for (const NumberStyle style : Styles(hints)) {
    auto found = DecideQuantity(draft, w, style, told);
    if (!found || (best && best->failed <= found->failed && !best->form.ambiguous)) continue;
    if (best && best->form.ambiguous && style == NumberStyle::kGrouped) continue;
    best = std::move(found);
  }
  if (!best) return std::nullopt;
  best->form.ambiguous = false;
  return std::move(best->form);
}

// Day-first or month-first when both fit: as in the other columns of the file; dots and dashes are day-first
// everywhere, a slash with nothing else to go by is read month-first.
DateOrder Convention(const Dictionary& dictionary, const Weights& w, const InferHints& hints) {
  if (hints.other_order) return *hints.other_order;
  if (hints.prefer_day_first) return DateOrder::kDayFirst;
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    if (w.count[std::size_t(code)] == 0) continue;
    return dictionary.at(code).find('/') == std::string_view::npos ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
  }
  return DateOrder::kMonthFirst;
}

/// Returns the share of steps between rows that go the more frequent way, when read in an order.
double SortedShare(const StringDraft& draft, DateOrder order) {
  std::vector<std::int64_t> by_code(std::size_t(draft.dictionary->size()), table::kMissingTime);
  for (std::int32_t code = 0; code < draft.dictionary->size(); ++code) {
    if (const auto time = ParseTime(draft.dictionary->at(code), order)) by_code[std::size_t(code)] = time->microseconds;
  }
  std::int64_t before = table::kMissingTime, up = 0, down = 0;
  for (const std::int32_t code : draft.codes) {
    const std::int64_t time = code < 0 ? table::kMissingTime : by_code[std::size_t(code)];
    if (time == table::kMissingTime) continue;
    if (before != table::kMissingTime) {
      up += time > before;
      down += time < before;
    }
    before = time;
  }
  return up + down < 5 ? 0 : double(std::max(up, down)) / double(up + down);
}

/// The order in which the rows are sorted by time, when they are in one of the two only.
std::optional<DateOrder> SortedOrder(const StringDraft& draft) {
  const double day = SortedShare(draft, DateOrder::kDayFirst), month = SortedShare(draft, DateOrder::kMonthFirst);
  if (day >= 0.99 && month < 0.95) return DateOrder::kDayFirst;
  if (month >= 0.99 && day < 0.95) return DateOrder::kMonthFirst;
  return std::nullopt;
}

std::optional<ValueForm> DecideTimes(const StringDraft& draft, const Weights& w, const InferHints& hints) {
  const Dictionary& dictionary = *draft.dictionary;
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
    form.order = SortedOrder(draft).value_or(Convention(dictionary, w, hints));
  }
  return form;
}

/// Returns whether the form reads at least 99 % of the values.
bool FormFits(const StringDraft& draft, const Weights& w, const ValueForm& form) {
  std::int64_t failed = 0;
  for (std::int32_t code = 0; code < draft.dictionary->size(); ++code) {
    const std::int64_t count = w.count[std::size_t(code)];
    if (count == 0) continue;
    const std::string_view text = draft.dictionary->at(code);
    const bool read = form.kind == ValueKind::kTime ? table::ReadTime(text, form).has_value()
                                                    : table::ReadNumber(text, form).kind != NumberKind::kNotNumber;
    if (read || table::IsFormMissing(text, form)) continue;
    failed += count;
    if (!FewFailed(failed, w.present)) return false;
  }
  return true;
}

/// Nothing fits for 99 %: the order that fits most.
ValueForm MostLikelyTimes(const StringDraft& draft) {
  ValueForm best;
  std::int64_t most = -1;
  for (DateOrder order : {DateOrder::kYearFirst, DateOrder::kDayFirst, DateOrder::kMonthFirst}) {
    ValueForm trial;
    trial.kind = ValueKind::kTime;
    trial.order = order;
    Conversion c;
    ConvertDraft(draft, trial, c);
    if (c.present - c.failed <= most) continue;
    most = c.present - c.failed;
    best = trial;
  }
  return best;
}

}  // namespace

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

ValueForm DecideForm(const StringDraft& draft, const InferHints& hints) {
  const Weights w = Weigh(draft);
  ValueForm form;
  if (w.present == 0) {
    if (hints.numbers) form.kind = ValueKind::kNumber;
    return form;
  }
  // A typed source had the choice to store numbers: its strings of plain digits are left alone.
  const auto numbers = DecideNumbers(*draft.dictionary, w, hints);
  if (numbers && (hints.numbers || numbers->style != NumberStyle::kPlain)) return *numbers;
  if (numbers) return form;
  if (auto times = DecideTimes(draft, w, hints)) return *times;
  if (auto quantities = DecideQuantities(draft, w, hints, false)) return *quantities;
  return form;
}

std::optional<DateOrder> ProvedOrder(const StringDraft& draft) {
  const Weights w = Weigh(draft);
  if (w.present == 0 || TimesFit(*draft.dictionary, w, DateOrder::kYearFirst)) return std::nullopt;
  const bool day = TimesFit(*draft.dictionary, w, DateOrder::kDayFirst);
  if (day == TimesFit(*draft.dictionary, w, DateOrder::kMonthFirst)) return std::nullopt;
  return day ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
}

ValueForm DecideFormAs(const StringDraft& draft, SemanticType type, const InferHints& hints) {
  const ValueKind kind = StorageOf(type) == Storage::kDouble      ? ValueKind::kNumber
                         : StorageOf(type) == Storage::kTimestamp ? ValueKind::kTime
                                                                  : ValueKind::kString;
  const bool trained = hints.form && hints.form->kind == kind;
  if (trained && hints.form_fixed) return *hints.form;
  const Weights w = Weigh(draft);
  if (trained && FormFits(draft, w, *hints.form)) return *hints.form;
  InferHints open = hints;
  open.keys = false;
  ValueForm form = DecideForm(draft, open);
  if (trained) {
    // The same values may come with other separators or another order, but never with another unit.
    ValueForm changed = *hints.form;
    changed.style = form.style;
    changed.order = form.order;
    return form.kind == kind && FormFits(draft, w, changed) ? changed : *hints.form;
  }
  if (form.kind == kind || kind == ValueKind::kString) return form;
  if (kind == ValueKind::kTime) {
    if (form.kind != ValueKind::kNumber || form.affixed) return MostLikelyTimes(draft);
    form = ValueForm();
    form.kind = ValueKind::kTime;
    form.epoch = !FormFits(draft, w, form);  // else dates of eight digits
    return form;
  }
  if (auto quantities = DecideQuantities(draft, w, open, true)) return *quantities;
  form = ValueForm();
  form.kind = ValueKind::kNumber;
  if (hints.decimal == ',') form.style = NumberStyle::kDecimalComma;
  return form;
}

table::ColumnPtr FinishDraft(StringDraft draft, const InferHints& hints, table::Field& field, Conversion* facts) {
  ValueForm form = DecideForm(draft, hints);
  const bool by_others = form.kind == ValueKind::kTime && form.ambiguous && hints.other_order == form.order;
  if (by_others) form.ambiguous = false;
  if (form.kind == ValueKind::kString) {
    auto column = table::Column::Strings(std::move(draft.codes), std::move(draft.dictionary));
    DescribeStrings(*column, field);
    return column;
  }
  Conversion conversion;
  auto column = ConvertDraft(draft, form, conversion);
  if (form.kind == ValueKind::kTime) {
    DescribeTimes(*column, conversion, form, field);
  } else if (const auto times = form.affixed ? std::nullopt : TimesInNumbers(*column, field.name)) {
    column = NumbersToTimes(*column, *times);
    DescribeTimes(*column, conversion, *times, field);
  } else {
    DescribeNumbers(*column, conversion, form, field);
  }
  if (by_others) {
    field.type_confidence = std::min(field.type_confidence, 0.9);
    field.type_evidence += " as in " + Quoted(hints.other_column) + ": both orders fit all values here, one there";
  }
  if (facts != nullptr) *facts = std::move(conversion);
  return column;
}

Storage StorageOf(SemanticType type) {
  if (type == SemanticType::kNumeric) return Storage::kDouble;
  return type == SemanticType::kDatetime ? Storage::kTimestamp : Storage::kString;
}

table::ColumnPtr FinishDraftAs(StringDraft draft, SemanticType type, const InferHints& hints, table::Field& field) {
  ValueForm form;
  if (StorageOf(type) != Storage::kString) {
    form = DecideFormAs(draft, type, hints);
  } else if (type == SemanticType::kOrdinal) {
    form = hints.form_fixed && hints.form ? *hints.form : DecideForm(draft, hints);
    if (form.kind != ValueKind::kNumber) form = ValueForm();
  }
  table::ColumnPtr column;
  Conversion conversion;
  if (form.kind == ValueKind::kString) {
    column = table::Column::Strings(std::move(draft.codes), std::move(draft.dictionary));
  } else {
    column = ConvertDraft(draft, form, conversion);
    if (form.kind == ValueKind::kTime) {
      DescribeTimes(*column, conversion, form, field);
    } else {
      DescribeNumbers(*column, conversion, form, field);
    }
  }
  field.type = type;
  field.type_confidence = 1.0;
  field.type_evidence = "told";
  return column;
}

}  // namespace tagwerk::io
