// A cursor over the text; each step either takes what it needs or fails the whole parse.
#include "table/time_text.h"

#include <array>
#include <cmath>

#include "base/text.h"

namespace tagwerk::table {
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

// Q1 to Q4: the quarter's first day.
bool Quarter(Cursor& c, Date& d) {
  int quarter = 0;
  if (!c.Take('Q') || !c.Digits(1, 1, quarter) || quarter < 1 || quarter > 4) return false;
  d.month = 3 * quarter - 2;
  d.day = 1;
  return true;
}

// W05 or W05-3 after the year (ISO 8601 weeks): the Monday, or the day that is named.
bool Week(Cursor& c, Date& d) {
  int week = 0, day = 1;
  if (!c.Take('W') || !c.Digits(2, 2, week) || week < 1 || week > 53) return false;
  c.Take('-');
  if (!c.AtEnd() && (!c.Digits(1, 1, day) || day < 1 || day > 7)) return false;
  const auto january4 = DaysFromCivil(d.year, 1, 4);  // always in week 1
  if (!january4 || !c.AtEnd()) return false;
  const std::int64_t monday = *january4 - ((*january4 + 3) % 7 + 7) % 7;
  const Civil civil = CivilFromDays(monday + 7 * (week - 1) + day - 1);
  d = {int(civil.year), civil.month, civil.day};
  return true;
}

// 2013-01-31, 2013/1/31, 2013.01.31, 2013-Jan-31, 2013-01, 2013/01, 2013-W05, 2013-Q1, 20130131.
bool YearFirst(Cursor& c, Date& d) {
  if (c.DigitRun() == 8) {
    return c.Digits(4, 4, d.year) && c.Digits(2, 2, d.month) && c.Digits(2, 2, d.day) &&
           (c.AtEnd() || c.Peek() == 'T' || c.Peek() == ' ');
  }
  if (!c.Digits(4, 4, d.year)) return false;
  const char separator = c.Peek();
  if (separator == 'W') return Week(c, d);
  if (separator == 'Q') return Quarter(c, d) && c.AtEnd();
  if (!IsDateSeparator(separator) && separator != ' ') return false;
  ++c.p;
  if (separator == '-' && c.Peek() == 'W') return Week(c, d);
  if (c.Peek() == 'Q') return Quarter(c, d) && c.AtEnd();
  if (IsLetter(c.Peek())) {
    if (!MonthName(c, d.month)) return false;
    d.day = 1;
    return c.AtEnd() || ((c.Take(separator) || c.Take(' ')) && c.Digits(1, 2, d.day));
  }
  if (separator == ' ') return false;
  int count = 0;
  if (!c.Digits(1, 2, d.month, &count)) return false;
  if (c.AtEnd() && separator != '.' && count == 2) {
    d.day = 1;
    return true;
  }
  return c.Take(separator) && c.Digits(1, 2, d.day);
}

// st, nd, rd or th behind a day.
void SkipOrdinal(Cursor& c) {
  if (c.end - c.p < 2) return;
  const char a = char(c.p[0] | 0x20), b = char(c.p[1] | 0x20);
  if ((a == 's' && b == 't') || (a == 'n' && b == 'd') || (a == 'r' && b == 'd') || (a == 't' && b == 'h')) c.p += 2;
}

// 31/1/2013, 31.01.13, 31-Jan-2013, 31st January 2013, 01/2013; with `month_first` 1/31/2013.
bool DayOrMonthFirst(Cursor& c, Date& d, bool month_first) {
  int first = 0;
  if (!c.Digits(1, 2, first)) return false;
  SkipOrdinal(c);
  const char separator = c.Peek();
  if (!IsDateSeparator(separator) && separator != ' ') return false;
  ++c.p;
  if (separator == ' ' && c.end - c.p > 3 && c.p[0] == 'o' && c.p[1] == 'f' && c.p[2] == ' ') c.p += 3;
  if (c.DigitRun() == 4 && c.end - c.p == 4 && (separator == '/' || separator == '-')) {
    d.month = first;
    d.day = 1;
    return c.Digits(4, 4, d.year);
  }
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

// January 31, 2013; Jan 31st 2013; January 2013; Jan-13; Q1 2013.
bool NameFirst(Cursor& c, Date& d) {
  if (c.Peek() == 'Q') {
    if (!Quarter(c, d)) return false;
    if (!c.Take(' ') && !c.Take('-') && !c.Take('/')) return false;
    return Year(c, d.year) && c.AtEnd();
  }
  if (!MonthName(c, d.month)) return false;
  const bool dash = c.Peek() == '-';
  if (!c.Take(' ') && !c.Take('-') && !c.Take(',')) return false;
  c.Take(' ');
  const std::int64_t left = c.end - c.p;
  if (c.DigitRun() == left && (left == 4 || (left == 2 && dash))) {
    d.day = 1;
    return Year(c, d.year);
  }
  if (!c.Digits(1, 2, d.day)) return false;
  SkipOrdinal(c);
  c.Take(',');
  if (!c.Take(' ') && !c.Take('-')) return false;
  return Year(c, d.year);
}

// Takes "Mon, " or "Monday " off the start.
void SkipWeekday(Cursor& c) {
  static constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                            "friday", "saturday", "sunday"};
  const char* p = c.p;
  while (p != c.end && IsLetter(*p)) ++p;
  const std::size_t length = std::size_t(p - c.p);
  if (length < 3 || p == c.end || (*p != ',' && *p != ' ')) return;
  for (std::string_view day : kDays) {
    if (length != 3 && length != day.size()) continue;
    bool equal = true;
    for (std::size_t i = 0; i < length && equal; ++i) equal = (c.p[i] | 0x20) == day[i];
    if (!equal) continue;
    c.p = p;
    c.Take(',');
    c.Take(' ');
    return;
  }
}

struct ZoneName {
  std::string_view name;
  int hours;
};
// Zones of mail and logs (RFC 5322, section 4.3) and of Central Europe.
constexpr ZoneName kZones[] = {{"UTC", 0},  {"GMT", 0},  {"EST", -5}, {"EDT", -4}, {"CST", -6},
                               {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7},
                               {"CET", 1},  {"CEST", 2}, {"EET", 2},  {"EEST", 3}};

bool Zone(Cursor& c, std::int64_t& micros, bool& zoned) {
  const char* before = c.p;
  c.Take(' ');
  if (c.AtEnd()) return false;
  if (c.Take('Z') || c.Take('z')) {
    zoned = true;
    return c.AtEnd();
  }
  const std::string_view rest(c.p, std::size_t(c.end - c.p));
  for (const ZoneName& zone : kZones) {
    if (rest != zone.name) continue;
    c.p = c.end;
    zoned = true;
    micros -= zone.hours * 3600 * kSecond;
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
  if (hours > 23 || minutes > 59) return false;  // as RFC 3339 has it
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
    } else if (c.end - c.p >= 6 && c.p[0] == '.' && c.p[3] == '.') {  // 18.00.05
      if (!c.Take('.') || !c.Digits(2, 2, minute) || !c.Take('.') || !c.Digits(2, 2, second)) return false;
    } else if (!c.AtEnd() && c.Peek() != ' ') {
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
  if (order != DateOrder::kYearFirst) SkipWeekday(c);
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

}  // namespace tagwerk::table
