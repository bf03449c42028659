// Timestamps as text. Civil dates after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
#include <fmt/format.h>

#include "base/constants.h"
#include "table/table.h"

namespace tagwerk::table {
namespace {

struct CivilDate {
  std::int64_t year;
  int month, day;
};

CivilDate FromDays(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = int(days - era * 146'097);
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted_month = (5 * day_of_year + 2) / 153;
  const int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

}  // namespace

std::string TimestampText(std::int64_t microseconds, bool date_only) {
  if (microseconds == kMissingTime) return "";
  std::int64_t days = microseconds / kMicrosecondsPerDay;
  std::int64_t rest = microseconds % kMicrosecondsPerDay;
  if (rest < 0) {
    rest += kMicrosecondsPerDay;
    --days;
  }
  const CivilDate date = FromDays(days);
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
