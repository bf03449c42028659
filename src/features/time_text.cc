// RFC 3339 text and civil dates.
#include "features/time_text.h"

#include "table/table.h"

namespace tagwerk::features {
namespace {

/// Reads fixed-width decimal digits; a fault is remembered.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  int Digits(int width) {
    int value = 0;
    for (int i = 0; i < width; ++i) {
      if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') return Fail();
      value = value * 10 + (text_[at_++] - '0');
    }
    return value;
  }
  bool Take(char c) {
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  void Need(char c) {
    if (!Take(c)) Fail();
  }
  bool PeekDigit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
  bool AtEnd() const { return at_ == text_.size(); }
  int Fail() {
    ok_ = false;
    return 0;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

std::int64_t Fraction(Scanner& scan) {
  std::int64_t micros = 0, unit = 100000;
  if (!scan.PeekDigit()) return scan.Fail();
  while (scan.PeekDigit()) {
    micros += scan.Digits(1) * unit;
    unit /= 10;
  }
  return micros;
}

std::int64_t OffsetMinutes(Scanner& scan) {
  if (scan.Take('Z') || scan.Take('z') || scan.AtEnd()) return 0;
  const int sign = scan.Take('-') ? -1 : 1;
  if (sign > 0) scan.Need('+');
  const int hours = scan.Digits(2);
  scan.Take(':');
  const int minutes = scan.AtEnd() ? 0 : scan.Digits(2);
  if (hours > 23 || minutes > 59) scan.Fail();
  return sign * (hours * 60 + minutes);
}

}  // namespace

std::int64_t ParseTime(std::string_view text) {
  Scanner scan(text);
  const int year = scan.Digits(4);
  scan.Need('-');
  const int month = scan.Digits(2);
  scan.Need('-');
  const int day = scan.Digits(2);
  if (!scan.ok() || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return table::kMissingTime;
  }
  std::int64_t seconds = DaysFromCivil(year, month, day) * 86400, micros = 0;
  if (!scan.AtEnd()) {
    if (!scan.Take('T') && !scan.Take('t')) scan.Need(' ');
    const int hour = scan.Digits(2);
    scan.Need(':');
    const int minute = scan.Digits(2);
    const int second = scan.Take(':') ? scan.Digits(2) : 0;
    if (scan.Take('.')) micros = Fraction(scan);
    if (hour > 23 || minute > 59 || second > 60) scan.Fail();
    seconds += hour * 3600 + minute * 60 + second - OffsetMinutes(scan) * 60;
  }
  return scan.ok() && scan.AtEnd() ? seconds * 1000000 + micros : table::kMissingTime;
}

std::int64_t DaysFromCivil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

Civil CivilFromDays(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t doe = shifted - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  Civil civil;
  civil.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  civil.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  civil.year = yoe + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.day_of_year = static_cast<int>(days - DaysFromCivil(civil.year, 1, 1) + 1);
  return civil;
}

}  // namespace tagwerk::features
