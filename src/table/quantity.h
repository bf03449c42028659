// Numbers as people write them with something around: "1248 CC", "$4.99", "(1,234)", "19M", "10,000+",
// "2h 50m", "12 %". A text is split into numbers and the units written with them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "table/number_text.h"
#include "table/units.h"

namespace tagwerk::table {

/// A number with the unit written beside it.
struct QuantityPart {
  ParsedNumber number;  ///< magnitude and sign applied
  std::string unit;     ///< as written, blanks reduced to one: "CC", "$", "$ per night"; empty: none
};

struct Quantity {
  static constexpr std::size_t kMostParts = 4;
  std::array<QuantityPart, kMostParts> parts;  ///< "2h 50m" has two
  std::size_t num_parts = 0;                   ///< 0: the text is no quantity
  char magnitude = 0;                          ///< 'k', 'M', 'B', 'T' or 0
  bool fraction = false;                       ///< the number has a decimal mark
  bool open_ended = false;                     ///< "10,000+"
  bool parentheses = false;                    ///< "(1,234)" is -1234
  int clock = 0;                               ///< parts of "2:35:10" (3) or "18:05" (2), in hours; else 0
  bool glued = false;                          ///< no blank between number and unit
};

/// Splits a trimmed text; num_parts is 0 when it is anything but numbers and their units.
Quantity SplitQuantity(std::string_view text, NumberStyle style);

/// Returns the first number of a text: "1,248 CC" is 1248, "at 19M" 19,000,000; NaN without one. Digits right
/// after a letter do not count.
double FirstNumber(std::string_view text);

/// Sums the parts of a quantity in `unit`; nothing when a part has no fixed relation to it.
std::optional<double> InUnit(const Quantity& quantity, std::string_view unit);

}  // namespace tagwerk::table
