// A cursor over the text: sign, currency, number, magnitude, unit, and again.
#include "table/quantity.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/constants.h"
#include "base/text.h"

namespace tagwerk::table {
namespace {

constexpr std::size_t kLongestText = 64;
constexpr std::size_t kLongestUnit = 24;

bool IsUnitLetter(char c) { return unsigned((c | 0x20) - 'a') < 26; }
bool IsWide(char c) { return static_cast<unsigned char>(c) >= 0x80; }  // part of a UTF-8 character

/// Returns the bytes of a blank at the start: space, no-break space, thin and narrow no-break space.
std::size_t BlankLength(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == ' ' || text[0] == '\t') return 1;
  if (text.starts_with("\xC2\xA0")) return 2;
  return text.starts_with("\xE2\x80\x89") || text.starts_with("\xE2\x80\xAF") ? 3 : 0;
}

struct UnitCursor {
  std::string_view text;
  std::size_t at = 0;

  bool AtEnd() const { return at >= text.size(); }
  char Peek(std::size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  std::string_view Rest() const { return text.substr(at); }
  bool Take(char c) {
    if (AtEnd() || text[at] != c) return false;
    ++at;
    return true;
  }
  bool SkipBlanks() {
    const std::size_t before = at;
    while (const std::size_t n = BlankLength(Rest())) at += n;
    return at > before;
  }
  /// Takes + or - (also the minus sign); returns whether it was a minus.
  bool TakeSign(bool& taken) {
    taken = true;
    if (Take('-')) return true;
    if (Rest().starts_with("\xE2\x88\x92")) {
      at += 3;
      return true;
    }
    taken = Take('+');
    return false;
  }
};

std::size_t DigitRun(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && IsDigit(text[n])) ++n;
  return n;
}

/// Returns the length of the number at the start: digits, marks between digits, blanks before groups of three.
std::size_t NumberLength(std::string_view text) {
  std::size_t n = DigitRun(text);
  if (n == 0 && !(text.size() > 1 && (text[0] == '.' || text[0] == ',') && IsDigit(text[1]))) return 0;
  while (n < text.size()) {
    const std::string_view rest = text.substr(n);
    const char c = rest[0];
    std::size_t mark = c == '.' || c == ',' || c == '\'' ? 1 : rest.starts_with("\xE2\x80\x99") ? 3 : 0;
    const std::size_t blank = BlankLength(rest);
    const std::size_t digits = DigitRun(rest.substr(mark > 0 ? mark : blank));
    if (mark == 0 && blank > 0 && digits == 3) mark = blank;
    const bool quote_mark = mark == 3 || c == '\'';  // 5'11" is no number, 1'234 is one
    if (mark == 0 || digits == 0 || (quote_mark && digits != 3)) break;
    n += mark + digits;
  }
  // An exponent with a sign belongs to the number.
  const std::string_view rest = text.substr(n);
  if (rest.size() > 2 && (rest[0] | 0x20) == 'e' && (rest[1] == '+' || rest[1] == '-')) {
    if (const std::size_t digits = DigitRun(rest.substr(2)); digits > 0) n += 2 + digits;
  }
  return n;
}

struct Magnitude {
  std::string_view word;
  double factor;
  char letter;
  bool money_only;
};

constexpr Magnitude kMagnitudes[] = {
    {"k", 1e3, 'k', false},         {"K", 1e3, 'k', false},         {"thousand", 1e3, 'k', false},
    {"M", 1e6, 'M', false},         {"MM", 1e6, 'M', false},        {"Mn", 1e6, 'M', false},
    {"mn", 1e6, 'M', false},        {"mio", 1e6, 'M', false},       {"Mio", 1e6, 'M', false},
    {"million", 1e6, 'M', false},   {"Million", 1e6, 'M', false},   {"millions", 1e6, 'M', false},
    {"Millionen", 1e6, 'M', false}, {"m", 1e6, 'M', true},          {"mln", 1e6, 'M', false},
    {"B", 1e9, 'B', false},         {"bn", 1e9, 'B', false},        {"Bn", 1e9, 'B', false},
    {"billion", 1e9, 'B', false},   {"Billion", 1e9, 'B', false},   {"b", 1e9, 'B', true},
    {"Mrd", 1e9, 'B', false},       {"mrd", 1e9, 'B', false},       {"T", 1e12, 'T', true},
    {"tn", 1e12, 'T', true},        {"trillion", 1e12, 'T', false}, {"lakh", 1e5, 'k', false},
    {"Lakh", 1e5, 'k', false},      {"Lakhs", 1e5, 'k', false},     {"lakhs", 1e5, 'k', false},
    {"lac", 1e5, 'k', false},       {"Lac", 1e5, 'k', false},       {"lacs", 1e5, 'k', false},
    {"Cr", 1e7, 'M', false},        {"cr", 1e7, 'M', false},        {"crore", 1e7, 'M', false},
    {"Crore", 1e7, 'M', false},     {"crores", 1e7, 'M', false},
};

/// Returns whether the text ends with a currency.
bool EndsWithMoney(std::string_view text) {
  const std::size_t blank = text.find_last_of(' ');
  return IsCurrency(text.substr(blank == std::string_view::npos ? 0 : blank + 1));
}

/// Takes a magnitude word off the cursor. Letters that are units or codes elsewhere must touch the number or
/// stand with a currency (`money`: there was one before the number).
const Magnitude* TakeMagnitude(UnitCursor& c, bool money, bool glued) {
  std::size_t n = 0;
  while (IsUnitLetter(c.Peek(n))) ++n;
  const std::string_view word = c.Rest().substr(0, n);
  const char after = c.Peek(n);
  if (n == 0 || after == '/' || IsDigit(after) ||
      (IsWide(after) && !CurrencyPrefix(c.Rest().substr(n)) && BlankLength(c.Rest().substr(n)) == 0)) {
    return nullptr;
  }
  for (const Magnitude& m : kMagnitudes) {
    if (m.word != word) continue;
    const bool needs_money = m.money_only || (word.size() == 1 && !glued);
    if (needs_money && !money && !EndsWithMoney(c.text)) return nullptr;
    c.at += n;
    if (word.size() > 1) c.Take('.');
    return &m;
  }
  return nullptr;
}

/// Takes a unit: letters and signs, words parted by single blanks; a digit only as the power of a length
/// ("m2"), after a slash ("/5", "l/100km") or "of" ("out of 5"). Returns false when something else follows.
bool TakeUnit(UnitCursor& c, std::string& unit) {
  unit.clear();
  std::size_t words = 0;
  while (!c.AtEnd()) {
    const char ch = c.Peek();
    if (const std::size_t blank = BlankLength(c.Rest())) {
      c.at += blank;
      // A number after a blank starts the next part, unless "of" announced it.
      if (IsDigit(c.Peek()) && !unit.ends_with("of") && !unit.ends_with("/")) return true;
      if (!unit.empty() && ++words > 3) return false;
      if (!unit.empty() && !unit.ends_with("/")) unit += ' ';
      continue;
    }
    if (IsDigit(ch)) {
      const bool power = (ch == '2' || ch == '3') && !unit.empty() && unit.back() == 'm' && !IsDigit(c.Peek(1)) &&
                         !IsUnitLetter(c.Peek(1));
      const bool announced = unit.ends_with("/") || unit.ends_with("of ");
      if (!power && !announced) return !unit.empty();
      for (std::size_t n = DigitRun(c.Rest()); n > 0; --n) unit += c.text[c.at++];
      continue;
    }
    if (ch == '+' && c.at + 1 == c.text.size()) {  // "10 years+"
      ++c.at;
      return true;
    }
    const bool sign = std::string_view("%/.'\"$*^&-_").find(ch) != std::string_view::npos;
    if (!IsUnitLetter(ch) && !IsWide(ch) && !sign) return false;
    if (unit.empty() && (ch == '-' || ch == '.' || ch == '_' || ch == '*' || ch == '^' || ch == '&')) return false;
    unit += ch;
    ++c.at;
    if (unit.size() > kLongestUnit) return false;
  }
  return true;
}

/// 18:05, 2:35:10, 6:00 PM at the start of the cursor's number; fills hours.
bool TakeClock(UnitCursor& c, Quantity& out) {
  std::array<double, 3> part{};
  int parts = 0;
  while (parts < 3) {
    const std::size_t n = DigitRun(c.Rest());
    if (n == 0 || n > (parts == 0 ? 4U : 2U) || (parts > 0 && n != 2)) return false;
    double value = 0;
    for (std::size_t i = 0; i < n; ++i) value = value * 10 + (c.text[c.at + i] - '0');
    if (parts > 0 && value >= 60) return false;
    part[std::size_t(parts++)] = value;
    c.at += n;
    if (!c.Take(':')) break;
  }
  if (parts < 2) return false;
  if (parts == 3 || part[0] < 60) {
    if (c.Peek() == '.' && IsDigit(c.Peek(1))) {
      const std::size_t n = DigitRun(c.Rest().substr(1));
      part[std::size_t(parts - 1)] += ParseDouble(c.Rest().substr(0, n + 1)).value_or(0);
      c.at += n + 1;
      out.fraction = true;
    }
  }
  c.SkipBlanks();
  if (!c.AtEnd()) {
    const std::string half = Lower(c.Rest());
    if ((half != "am" && half != "pm") || part[0] < 1 || part[0] > 12) return false;
    part[0] = std::fmod(part[0], 12) + (half == "pm" ? 12 : 0);
    c.at = c.text.size();
  }
  out.clock = parts;
  out.num_parts = 1;
  out.parts[0].number = {NumberKind::kNumber, false, part[0] + part[1] / 60 + part[2] / 3600};
  out.parts[0].unit = "h";
  return true;
}

bool HasFraction(std::string_view number, NumberStyle style) {
  return number.find(style == NumberStyle::kDecimalComma ? ',' : '.') != std::string_view::npos;
}

/// "$ per night" of "$" before and "per night" after the number.
std::string JoinUnits(const std::string& before, const std::string& after) {
  if (before.empty() || after.empty()) return before + after;
  if (UnitRatio(before, after) == 1.0) return before;
  return before + " " + after;
}

/// One number with what stands around it. Returns false when the text is no quantity.
bool TakePart(UnitCursor& c, NumberStyle style, bool first, const std::string& before, Quantity& out) {
  const std::size_t length = NumberLength(c.Rest());
  if (length == 0 || out.num_parts == Quantity::kMostParts) return false;
  const std::string_view digits = c.Rest().substr(0, length);
  QuantityPart& part = out.parts[out.num_parts++];
  part.number = ParseNumber(digits, style);
  if (part.number.kind != NumberKind::kNumber) return false;
  out.fraction |= HasFraction(digits, style);
  c.at += length;
  if (c.Peek() == ':' && first && before.empty() && length <= 4) {
    c.at -= length;
    out.num_parts = 0;
    return TakeClock(c, out);
  }
  // SAP and others write the minus behind.
  if (first && c.Rest() == "-") {
    part.number.value = -part.number.value;
    c.at = c.text.size();
  }
  bool glued = !c.SkipBlanks();
  out.open_ended |= c.Take('+');
  if (out.open_ended && c.SkipBlanks()) glued = false;
  if (const Magnitude* magnitude = first ? TakeMagnitude(c, !before.empty(), glued) : nullptr) {
    part.number.value *= magnitude->factor;
    out.magnitude = magnitude->letter;
    c.SkipBlanks();
    out.open_ended |= c.Take('+');
    c.SkipBlanks();
  } else if (first) {
    out.glued = glued && !c.AtEnd();
  }
  std::string after;
  if (!TakeUnit(c, after)) return false;
  part.unit = JoinUnits(before, after);
  return true;
}

}  // namespace

Quantity SplitQuantity(std::string_view text, NumberStyle style) {
  const Quantity none;
  if (text.empty() || text.size() > kLongestText) return none;
  UnitCursor c{text};
  Quantity out;
  std::string before;
  bool signed_once = false;
  const auto take_currency = [&] {
    if (const std::size_t n = before.empty() ? CurrencyPrefix(c.Rest()) : 0) {
      before = c.Rest().substr(0, n);
      c.at += n;
      c.SkipBlanks();
    }
  };
  take_currency();
  if (text.back() == ')' && c.Take('(')) {
    out.parentheses = true;
    c.text.remove_suffix(1);
  }
  bool negative = c.TakeSign(signed_once);
  if (signed_once) c.SkipBlanks();
  take_currency();
  if (!signed_once) negative = c.TakeSign(signed_once);
  if (out.parentheses && signed_once) return none;
  if (!TakePart(c, style, true, before, out)) return none;
  while (!c.AtEnd()) {
    if (out.clock != 0 || !TakePart(c, style, false, {}, out)) return none;
  }
  if (out.num_parts > 1) {
    for (std::size_t i = 0; i < out.num_parts; ++i) {
      if (out.parts[i].unit.empty()) return none;
    }
  }
  if (negative || out.parentheses) {
    for (std::size_t i = 0; i < out.num_parts; ++i) out.parts[i].number.value *= -1;
  }
  return out;
}

std::optional<double> InUnit(const Quantity& quantity, std::string_view unit) {
  const double first = quantity.parts[0].number.value;
  if (quantity.clock == 2 && unit == "min") return first;  // minutes and seconds
  if (quantity.magnitude == 'B' && quantity.parts[0].unit.empty() && UnitRatio("byte", unit)) {
    return first / 1e9 * *UnitRatio("byte", unit);
  }
  double sum = 0;
  for (std::size_t i = 0; i < quantity.num_parts; ++i) {
    const QuantityPart& part = quantity.parts[i];
    // A number without a unit is in the unit of the column.
    const std::optional<double> ratio = part.unit.empty() ? 1 : UnitRatio(part.unit, unit);
    if (!ratio) return std::nullopt;
    sum += *ratio == 1 ? part.number.value : part.number.value * *ratio;
  }
  return sum;
}

double FirstNumber(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && !IsDigit(text[at])) {
    // Digits stuck to letters are part of a name ("N14228"), not an amount.
    if (IsUnitLetter(text[at++])) {
      while (at < text.size() && IsDigit(text[at])) ++at;
    }
  }
  if (at == text.size()) return kNaN;
  const bool negative =
      at > 0 && text[at - 1] == '-' && (at == 1 || (!IsUnitLetter(text[at - 2]) && !IsDigit(text[at - 2])));
  // The longest start that is a number with groups of three; blanks part numbers here.
  std::size_t length = NumberLength(text.substr(at));
  length = std::min(length, text.substr(at).find_first_of(" \t\xC2\xE2"));
  ParsedNumber number;
  for (; length > 0; --length) {
    if (!IsDigit(text[at + length - 1])) continue;
    number = ParseNumber(text.substr(at, length), NumberStyle::kGrouped);
    if (number.kind == NumberKind::kNumber || number.kind == NumberKind::kInexact) break;
  }
  if (length == 0) return kNaN;
  double value = number.value;
  UnitCursor c{text, at + length};
  if (const Magnitude* magnitude = TakeMagnitude(c, false, true); magnitude != nullptr) value *= magnitude->factor;
  return negative ? -value : value;
}

}  // namespace tagwerk::table
