// Numbers as people write them: plain, with thousands separators, or with a decimal comma.
// The plain form has an exact fast path (Clinger 1990, "How to Read Floating Point Numbers Accurately").
#pragma once

#include <cstdint>
#include <string_view>

namespace tagwerk::table {

enum class NumberStyle : std::uint8_t {
  kPlain,         ///< 1234.5
  kGrouped,       ///< 1,234.5 or 1'234.5 or, in India, 12,34,567.5
  kDecimalComma,  ///< 1234,5 or 1.234,5 or 1 234,5
};

enum class NumberKind : std::uint8_t {
  kNotNumber,
  kNumber,
  kInexact,   ///< a whole number that a double cannot hold: a key, not an amount
  kInfinite,  ///< inf, or larger than any double
};

struct ParsedNumber {
  NumberKind kind = NumberKind::kNotNumber;
  bool leading_zero = false;  ///< digits only and starts with a needless 0: 00417
  double value = 0;
};

/// Reads the whole text (already trimmed) as a number.
ParsedNumber ParseNumber(std::string_view text, NumberStyle style);

/// Removes blanks and tabs around a text.
inline std::string_view TrimBlanks(std::string_view text) {
  std::size_t begin = 0, end = text.size();
  while (begin < end && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
  while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\r')) --end;
  return text.substr(begin, end - begin);
}

}  // namespace tagwerk::table
