// Dates and times as text: ISO 8601 and year-first, day-first and month-first forms, with month names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tagwerk::table {

enum class DateOrder : std::uint8_t { kYearFirst, kDayFirst, kMonthFirst };

struct ParsedTime {
  std::int64_t microseconds = 0;  ///< since 1970; UTC when the text names a zone
  bool has_time = false;
  bool zoned = false;
};

/// Reads the whole text (already trimmed). Years 1 to 9999; two-digit years are 1969 to 2068 (POSIX).
std::optional<ParsedTime> ParseTime(std::string_view text, DateOrder order);

/// Reads a count since 1970: seconds, milliseconds or microseconds, told apart by magnitude.
std::optional<std::int64_t> EpochMicroseconds(double value);

/// A day of the proleptic Gregorian calendar.
struct Civil {
  std::int64_t year = 1970;
  int month = 1, day = 1;  ///< from 1
  int day_of_year = 1;     ///< from 1
};

/// Returns the days since 1970-01-01, or nothing for a day that does not exist or lies outside the years 1
/// to 9999.
std::optional<std::int64_t> DaysFromCivil(int year, int month, int day);
/// Returns the day that is `days` after 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
Civil CivilFromDays(std::int64_t days);

}  // namespace tagwerk::table
