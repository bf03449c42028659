// Number parsing: at most 19 digits go through decimal.h, all else through std::from_chars.
#include "table/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "table/decimal.h"

namespace tagwerk::table {
namespace {

bool EqualsLower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

// What a scan over the characters of a plain number finds.
struct Scan {
  std::uint64_t mantissa = 0;  // modulo 2^64
  int digits = 0;              // of the mantissa; leading zeros count where there are at most kMostDigits
  int exponent = 0;            // power of ten that the mantissa is multiplied by
  bool whole = true;           // neither point nor exponent
  bool leading_zero = false;
};

constexpr int kMostDigits = 19;  // always fit into 64 bits

// Counts the digits in [p, end) without leading zeros; a point is passed over.
int SignificantDigits(const char* p, const char* end) {
  int digits = 0;
  for (; p != end; ++p) digits += *p != '.' && (digits > 0 || *p != '0');
  return digits;
}

// Returns false when the text is not [digits][.digits][e[sign]digits] with at least one digit.
bool ScanUnsigned(const char* p, const char* end, Scan& scan) {
  const char* const start = p;
  p = TakeDigits(p, end, scan.mantissa);
  scan.digits = int(p - start);
  scan.leading_zero = scan.digits > 1 && *start == '0';
  if (p != end && *p == '.') {
    scan.whole = false;
    const char* const point = ++p;
    p = TakeDigits(p, end, scan.mantissa);
    scan.exponent = -int(p - point);
    scan.digits += int(p - point);
  }
  if (scan.digits == 0) return false;
  if (scan.digits > kMostDigits) scan.digits = SignificantDigits(start, p);
  if (p != end && (*p | 0x20) == 'e') {
    scan.whole = false;
    ++p;
    bool negative = false;
    if (p != end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    if (p == end) return false;
    int exponent = 0;
    for (; p != end && IsDigit(*p); ++p) {
      if (exponent < 100000) exponent = exponent * 10 + (*p - '0');
    }
    scan.exponent += negative ? -exponent : exponent;
  }
  return p == end;
}

// The value of what was scanned in [p, end); numbers that the quick way cannot settle take the long one.
void SetValue(const char* p, const char* end, const Scan& scan, ParsedNumber& out) {
  const auto nearest = scan.digits <= kMostDigits ? NearestDouble(scan.mantissa, scan.exponent) : std::nullopt;
  if (nearest) {
    out.value = *nearest;
  } else if (std::from_chars(p, end, out.value).ec == std::errc::result_out_of_range) {
    // Too small reads as zero, too large as infinite.
    out.value = scan.exponent + scan.digits < 0 ? 0.0 : HUGE_VAL;
    if (out.value != 0) out.kind = NumberKind::kInfinite;
    return;
  }
  if (!scan.whole) return;
  const bool exact = scan.digits <= kMostDigits && out.value < 0x1p64 && std::uint64_t(out.value) == scan.mantissa;
  if (!exact) out.kind = NumberKind::kInexact;
}

ParsedNumber ParsePlain(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  bool negative = false;
  if (p != end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  ParsedNumber out;
  Scan scan;
  if (p == end) return out;
  if (!ScanUnsigned(p, end, scan)) {
    const std::string_view rest(p, std::size_t(end - p));
    if (EqualsLower(rest, "inf") || EqualsLower(rest, "infinity")) {
      out.kind = NumberKind::kInfinite;
      out.value = negative ? -HUGE_VAL : HUGE_VAL;
    }
    return out;
  }
  out.kind = NumberKind::kNumber;
  out.leading_zero = scan.whole && scan.leading_zero;
  SetValue(p, end, scan, out);
  if (negative) out.value = -out.value;
  return out;
}

// Follows the sizes of groups: 1,234,567 or, in India, 12,34,567.
struct Groups {
  char separator = 0;
  std::size_t digits = 0;  // since the last separator
  bool threes = true, twos = true;

  // Takes a separator; returns false when it does not fit those before it.
  bool Take(char c) {
    if (digits == 0 || digits > 3) return false;
    if (separator == 0) {
      twos = digits <= 2;
    } else {
      threes &= digits == 3;
      twos &= digits == 2 && c == ',';
      if (c != separator || (!threes && !twos)) return false;
    }
    separator = c;
    digits = 0;
    return true;
  }
  bool Complete() const { return separator == 0 || digits == 3; }
};

// Reduces the blanks (also no-break and thin) and apostrophes of several bytes at `i` to one character.
char CharacterAt(std::string_view text, std::size_t& i) {
  const std::string_view rest = text.substr(i);
  if (rest.starts_with("\xC2\xA0")) {
    i += 1;
    return ' ';
  }
  const bool thin = rest.starts_with("\xE2\x80\x89") || rest.starts_with("\xE2\x80\xAF");
  if (!thin && !rest.starts_with("\xE2\x80\x99")) return text[i];
  i += 2;
  return thin ? ' ' : '\'';
}

// Copies `text` without its group separators and with '.' as the point; returns the length, 0 if the
// groups are not of three digits.
std::size_t Normalise(std::string_view text, NumberStyle style, std::array<char, 64>& out) {
  const char point = style == NumberStyle::kDecimalComma ? ',' : '.';
  const char mark = style == NumberStyle::kDecimalComma ? '.' : ',';
  std::size_t length = 0;
  Groups groups;
  bool after_point = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (length == out.size()) return 0;
    const char c = CharacterAt(text, i);
    if (c == mark || c == ' ' || c == '\'') {
      if (after_point || !groups.Take(c)) return 0;
      continue;
    }
    if (c == point || (c | 0x20) == 'e') {
      if (c == point && after_point) return 0;
      if (!after_point && !groups.Complete()) return 0;
      after_point = true;
      out[length++] = c == point ? '.' : c;
      continue;
    }
    if (IsDigit(c)) ++groups.digits;
    out[length++] = c;
  }
  return after_point || groups.Complete() ? length : 0;
}

}  // namespace

ParsedNumber ParseNumber(std::string_view text, NumberStyle style) {
  if (style == NumberStyle::kPlain) return ParsePlain(text);
  std::array<char, 64> buffer;
  const std::size_t length = Normalise(text, style, buffer);
  if (length == 0) return {};
  return ParsePlain({buffer.data(), length});
}

}  // namespace tagwerk::table
