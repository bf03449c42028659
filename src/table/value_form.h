// How the texts of one column are written: number style, unit, order of day and month, and the texts that
// stand for no value in it. Training finds the form from the whole column; the model file keeps it, so
// that a single row is read later exactly as the column was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/number_text.h"
#include "table/time_text.h"

namespace tagwerk::table {

enum class ValueKind : std::uint8_t { kNumber, kTime, kString };

struct ValueForm {
  ValueKind kind = ValueKind::kString;
  NumberStyle style = NumberStyle::kPlain;
  DateOrder order = DateOrder::kYearFirst;
  bool ambiguous = false;  ///< another reading fits as well; decided by convention
  bool epoch = false;      ///< times are counts since 1970
  bool affixed = false;    ///< numbers may carry a unit, a currency sign, a magnitude, "+" or parentheses
  std::string unit;        ///< of the values: "CC", "$", "%"; empty: none
  /// Texts of the column that stand for no value, and units that cannot be converted to `unit`; sorted.
  std::vector<std::string> missing;

  bool operator==(const ValueForm&) const = default;
};

/// Returns whether a text (trimmed) is one of the form's texts for "no value", or a quantity in one of the
/// units that cannot be converted.
bool IsFormMissing(std::string_view text, const ValueForm& form);
/// Reads a trimmed text as a number by the form.
ParsedNumber ReadNumber(std::string_view text, const ValueForm& form);
/// Reads a trimmed text as a time by the form; what the form does not fit is tried as ISO 8601.
std::optional<ParsedTime> ReadTime(std::string_view text, const ValueForm& form);

/// Names of the spellings, as the schema writes them: "1,234.5" and "day-month-year".
std::string_view StyleName(NumberStyle style);
std::optional<NumberStyle> StyleFromName(std::string_view name);
std::string_view OrderName(DateOrder order);
std::optional<DateOrder> OrderFromName(std::string_view name);

}  // namespace tagwerk::table
