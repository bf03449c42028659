// Number parsing: at most 19 digits go through the exact fast path, all else through std::from_chars.
#include "table/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace tagwerk::table {
namespace {

constexpr std::uint64_t kLargestExact = 1ULL << 53;
constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool EqualsLower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

// What a scan over the characters of a plain number finds.
struct Scan {
  std::uint64_t mantissa = 0;
  int digits = 0;     // digits of the mantissa after leading zeros
  int exponent = 0;   // power of ten that the mantissa is multiplied by
  bool whole = true;  // neither point nor exponent
  bool leading_zero = false;
};

// Returns false when the text is not [digits][.digits][e[sign]digits] with at least one digit.
bool ScanUnsigned(const char* p, const char* end, Scan& scan) {
  const char* start = p;
  int seen = 0;
  auto take = [&](char c) {
    ++seen;
    if (scan.digits < 19) scan.mantissa = scan.mantissa * 10 + unsigned(c - '0');
    if (scan.mantissa != 0) ++scan.digits;
  };
  for (; p != end && IsDigit(*p); ++p) take(*p);
  scan.leading_zero = seen > 1 && *start == '0';
  if (p != end && *p == '.') {
    scan.whole = false;
    const char* point = ++p;
    for (; p != end && IsDigit(*p); ++p) take(*p);
    scan.exponent = -int(p - point);
  }
  if (seen == 0) return false;
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
  if (scan.digits <= 19 && scan.mantissa <= kLargestExact && scan.exponent >= -22 && scan.exponent <= 22) {
    out.value = double(scan.mantissa);
    out.value = scan.exponent < 0 ? out.value / kPowersOfTen[std::size_t(-scan.exponent)]
                                  : out.value * kPowersOfTen[std::size_t(scan.exponent)];
  } else if (std::from_chars(p, end, out.value).ec == std::errc::result_out_of_range) {
    // Too small reads as zero, too large as infinite.
    out.value = scan.exponent + scan.digits < 0 ? 0.0 : HUGE_VAL;
    if (out.value != 0) out.kind = NumberKind::kInfinite;
  } else if (scan.whole && (scan.digits > 19 || out.value >= 0x1p64 || std::uint64_t(out.value) != scan.mantissa)) {
    out.kind = NumberKind::kInexact;
  }
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
