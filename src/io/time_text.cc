// A cursor over the text; each step either takes what it needs or fails the whole parse.
#include "io/time_text.h"

#include <array>
#include <cmath>

#include "base/text.h"

namespace tagwerk::io {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

bool IsLetter(char c) { return unsigned((c | 0x20) - 'a') < 26; }

struct Cursor {
  const char* p;
  const char* end;

  bool AtEnd() const { return p == end; }
  char Peek() const { return p == end ? '\0' : *p; }
  bool Take(char c) {
    if (Peek() != c || p == end) return false;
    ++p;
    return true;
  }
  // Reads a run of min..max digits.
  bool Digits(int min, int max, int& value, int* count = nullptr) {
    int n = 0;
    value = 0;
    while (n < max && p != end && IsDigit(*p)) {
      value = value * 10 + (*p++ - '0');
      ++n;
    }
    if (count != nullptr) *count = n;
    return n >= min;
  }
  int DigitRun() const {
    int n = 0;
    while (p + n != end && IsDigit(p[n])) ++n;
    return n;
  }
};

struct Date {
  int year = 0, month = 0, day = 0;
};

bool IsDateSeparator(char c) { return c == '-' || c == '/' || c == '.'; }

bool MonthName(Cursor& c, int& month) {
  static constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                               "may",       "june",     "july",     "august",
                                                               "september", "october",  "november", "december"};
  const char* start = c.p;
  while (!c.AtEnd() && IsLetter(*c.p)) ++c.p;
  const std::size_t length = std::size_t(c.p - start);
  if (length < 3) return false;
  for (std::size_t m = 0; m < kMonths.size(); ++m) {
    const bool whole = length == kMonths[m].size();
    if (!whole && length != 3 && !(m == 8 && length == 4)) continue;
    bool equal = true;
    for (std::size_t i = 0; i < length && equal; ++i) equal = (start[i] | 0x20) == kMonths[m][i];
    if (!equal) continue;
    month = int(m) + 1;
    c.Take('.');
    return true;
  }
  return false;
}

bool Year(Cursor& c, int& year) {
  int count = 0;
  if (!c.Digits(2, 4, year, &count) || count == 3) return false;
  if (count == 2) year += year < 69 ? 2000 : 1900;
  return true;
}

// 2013-01-31, 2013/1/31, 2013.01.31, 2013-01, 20130131 (only before a T).
bool YearFirst(Cursor& c, Date& d) {
  if (c.DigitRun() == 8) {
    return c.Digits(4, 4, d.year) && c.Digits(2, 2, d.month) && c.Digits(2, 2, d.day) && c.Peek() == 'T';
  }
  if (!c.Digits(4, 4, d.year)) return false;
  const char separator = c.Peek();
  if (!IsDateSeparator(separator)) return false;
  ++c.p;
  int count = 0;
  if (!c.Digits(1, 2, d.month, &count)) return false;
  if (c.AtEnd() && separator == '-' && count == 2) {
    d.day = 1;
    return true;
  }
  return c.Take(separator) && c.Digits(1, 2, d.day);
}

// 31/1/2013, 31.01.13, 31-Jan-2013, 31 January 2013; with `month_first` 1/31/2013.
bool DayOrMonthFirst(Cursor& c, Date& d, bool month_first) {
  int first = 0;
  if (!c.Digits(1, 2, first)) return false;
  const char separator = c.Peek();
  if (!IsDateSeparator(separator) && separator != ' ') return false;
  ++c.p;
  if (IsLetter(c.Peek())) {
    d.day = first;
    if (!MonthName(c, d.month)) return false;
    if (!c.Take(separator) && !c.Take(' ')) return false;
    return Year(c, d.year);
  }
  if (separator == ' ') return false;
  int second = 0;
  if (!c.Digits(1, 2, second) || !c.Take(separator) || !Year(c, d.year)) return false;
  d.day = month_first ? second : first;
  d.month = month_first ? first : second;
  return true;
}

// January 31, 2013; Jan 31 2013.
bool NameFirst(Cursor& c, Date& d) {
  if (!MonthName(c, d.month)) return false;
  if (!c.Take(' ') && !c.Take('-')) return false;
  if (!c.Digits(1, 2, d.day)) return false;
  c.Take(',');
  if (!c.Take(' ') && !c.Take('-')) return false;
  return Year(c, d.year);
}

bool Zone(Cursor& c, std::int64_t& micros, bool& zoned) {
  const char* before = c.p;
  c.Take(' ');
  if (c.AtEnd()) return false;
  if (c.Take('Z') || c.Take('z')) {
    zoned = true;
    return c.AtEnd();
  }
  const std::string_view rest(c.p, std::size_t(c.end - c.p));
  if (rest == "UTC" || rest == "GMT") {
    c.p = c.end;
    zoned = true;
    return true;
  }
  const char sign = c.Peek();
  if (sign != '+' && sign != '-') {
    c.p = before;
    return c.AtEnd();
  }
  ++c.p;
  int hours = 0, minutes = 0;
  if (!c.Digits(2, 2, hours)) return false;
  if (!c.AtEnd()) {
    c.Take(':');
    if (!c.Digits(2, 2, minutes)) return false;
  }
  if (hours > 18 || minutes > 59) return false;
  const std::int64_t offset = (hours * 60 + minutes) * 60 * kSecond;
  micros += sign == '+' ? -offset : offset;
  zoned = true;
  return c.AtEnd();
}

bool FractionOfSecond(Cursor& c, std::int64_t& micros) {
  if (!c.Take('.') && !c.Take(',')) return true;
  std::int64_t scale = kSecond / 10;
  if (!IsDigit(c.Peek())) return false;
  for (int n = 0; IsDigit(c.Peek()); ++n) {
    if (n >= 12) return false;
    micros += scale * (*c.p++ - '0');
    scale /= 10;
  }
  return true;
}

// 18:00, 18:00:05.250, 6:00 PM, 180005 (after a T), each with an optional zone.
bool Clock(Cursor& c, std::int64_t& micros, bool& zoned) {
  int hour = 0, minute = 0, second = 0;
  std::int64_t fraction = 0;
  if (c.DigitRun() == 6) {
    c.Digits(2, 2, hour);
    c.Digits(2, 2, minute);
    c.Digits(2, 2, second);
  } else {
    if (!c.Digits(1, 2, hour)) return false;
    if (c.Take(':')) {
      if (!c.Digits(2, 2, minute)) return false;
      if (c.Take(':') && !c.Digits(2, 2, second)) return false;
    } else if (!c.AtEnd()) {
      return false;
    }
  }
  if (!FractionOfSecond(c, fraction)) return false;
  const char* before = c.p;
  c.Take(' ');
  const char half = char(c.Peek() | 0x20);
  if ((half == 'a' || half == 'p') && c.end - c.p >= 2 && (c.p[1] | 0x20) == 'm') {
    if (hour < 1 || hour > 12) return false;
    hour = hour % 12 + (half == 'p' ? 12 : 0);
    c.p += 2;
  } else {
    c.p = before;
  }
  if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute > 0 || second > 0))) return false;
  micros += ((hour * 60LL + minute) * 60 + second) * kSecond + fraction;
  return c.AtEnd() || Zone(c, micros, zoned);
}

}  // namespace

std::optional<std::int64_t> DaysFromCivil(int year, int month, int day) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day > kDays[std::size_t(month - 1)] + (month == 2 && leap)) return std::nullopt;
  const int y = month <= 2 ? year - 1 : year;
  const int era = y / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t(era) * 146'097 + day_of_era - 719'468;
}

std::optional<ParsedTime> ParseTime(std::string_view text, DateOrder order) {
  if (text.size() < 6 || text.size() > 48) return std::nullopt;
  Cursor c{text.data(), text.data() + text.size()};
  Date date;
  bool ok = false;
  if (order == DateOrder::kYearFirst) {
    ok = YearFirst(c, date);
  } else if (IsLetter(c.Peek())) {
    ok = NameFirst(c, date);
  } else {
    ok = DayOrMonthFirst(c, date, order == DateOrder::kMonthFirst);
  }
  if (!ok) return std::nullopt;
  const auto days = DaysFromCivil(date.year, date.month, date.day);
  if (!days) return std::nullopt;
  ParsedTime out;
  out.microseconds = *days * 86'400 * kSecond;
  if (c.AtEnd()) return out;
  c.Take(',');
  if (!c.Take('T') && !c.Take(' ')) return std::nullopt;
  if (c.AtEnd()) return std::nullopt;
  out.has_time = true;
  if (!Clock(c, out.microseconds, out.zoned)) return std::nullopt;
  return out;
}

std::optional<std::int64_t> EpochMicroseconds(double value) {
  const double size = std::fabs(value);
  if (!(size < 2.6e17)) return std::nullopt;
  const double scale = size < 1e11 ? 1e6 : size < 1e14 ? 1e3 : 1.0;
  return std::llround(value * scale);
}

}  // namespace tagwerk::io
