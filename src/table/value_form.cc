// Reading one text by the form of its column.
#include "table/value_form.h"

#include <algorithm>
#include <array>

#include "table/quantity.h"

namespace tagwerk::table {
namespace {

constexpr std::array<std::string_view, 3> kStyles = {"1234.5", "1,234.5", "1.234,5"};
constexpr std::array<std::string_view, 3> kOrders = {"year-month-day", "day-month-year", "month-day-year"};

template <class T, std::size_t N>
std::optional<T> FromName(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<T>(i);
  }
  return std::nullopt;
}

bool Has(const std::vector<std::string>& sorted, std::string_view text) {
  return std::binary_search(sorted.begin(), sorted.end(), text);
}

}  // namespace

bool IsFormMissing(std::string_view text, const ValueForm& form) {
  if (form.missing.empty()) return false;
  if (Has(form.missing, text)) return true;
  if (!form.affixed) return false;
  const Quantity quantity = SplitQuantity(text, form.style);
  return quantity.num_parts == 1 && Has(form.missing, quantity.parts[0].unit);
}

ParsedNumber ReadNumber(std::string_view text, const ValueForm& form) {
  if (!form.affixed) return ParseNumber(text, form.style);
  const Quantity quantity = SplitQuantity(text, form.style);
  if (quantity.num_parts == 0) return ParseNumber(text, form.style);
  const auto value = InUnit(quantity, form.unit);
  if (!value) return {};
  return {NumberKind::kNumber, quantity.parts[0].number.leading_zero, *value};
}

std::optional<ParsedTime> ReadTime(std::string_view text, const ValueForm& form) {
  if (form.epoch) {
    const ParsedNumber number = ParseNumber(text, NumberStyle::kPlain);
    if (number.kind == NumberKind::kNumber) {
      if (const auto time = EpochMicroseconds(number.value)) return ParsedTime{*time, true, false};
      return std::nullopt;
    }
  }
  if (const auto time = ParseTime(text, form.order)) return time;
  return form.order == DateOrder::kYearFirst ? std::nullopt : ParseTime(text, DateOrder::kYearFirst);
}

std::string_view StyleName(NumberStyle style) { return kStyles[std::size_t(style)]; }
std::optional<NumberStyle> StyleFromName(std::string_view name) { return FromName<NumberStyle>(kStyles, name); }
std::string_view OrderName(DateOrder order) { return kOrders[std::size_t(order)]; }
std::optional<DateOrder> OrderFromName(std::string_view name) { return FromName<DateOrder>(kOrders, name); }

}  // namespace tagwerk::table
