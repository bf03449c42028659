// Timestamps as text. Civil dates after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
#include <fmt/format.h>

#include "base/constants.h"
#include "table/table.h"

namespace tagwerk::table {
Civil CivilFromDays(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = int(days - era * 146'097);
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted_month = (5 * from_march + 2) / 153;
  Civil civil;
  civil.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  civil.year = year_of_era + era * 400 + (civil.month <= 2);
  civil.day = from_march - (153 * shifted_month + 2) / 5 + 1;
  const bool leap = (civil.year % 4 == 0 && civil.year % 100 != 0) || civil.year % 400 == 0;
  // The year of the era starts in March: January and February follow 306 days.
  civil.day_of_year = civil.month <= 2 ? from_march - 305 : from_march + 60 + leap;
  return civil;
}

std::string TimestampText(std::int64_t microseconds, bool date_only) {
  if (microseconds == kMissingTime) return "";
  std::int64_t days = microseconds / kMicrosecondsPerDay;
  std::int64_t rest = microseconds % kMicrosecondsPerDay;
  if (rest < 0) {
    rest += kMicrosecondsPerDay;
    --days;
  }
  const Civil date = CivilFromDays(days);
  std::string text = date.year >= 0 ? fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day)
                                    : fmt::format("-{:04}-{:02}-{:02}", -date.year, date.month, date.day);
  if (date_only && rest == 0) return text;
  const std::int64_t seconds = rest / 1'000'000;
  const std::int64_t fraction = rest % 1'000'000;
  text += fmt::format("T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (fraction % 1000 != 0) {
    text += fmt::format(".{:06}", fraction);
  } else if (fraction != 0) {
    text += fmt::format(".{:03}", fraction / 1000);
  }
  return text;
}

}  // namespace tagwerk::table
