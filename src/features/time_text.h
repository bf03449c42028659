// Times as text, for columns that were dates in training and come as strings (JSON rows, the C API).
// Files are parsed by io with more forms; here the one exchanged form counts: RFC 3339, ISO 8601.
#pragma once

#include <cstdint>
#include <string_view>

namespace tagwerk::features {

/// Reads YYYY-MM-DD, optionally followed by [T ]HH:MM[:SS[.f...]] and Z or +HH:MM (also +HHMM), as
/// microseconds since 1970; table::kMissingTime if it is anything else.
std::int64_t ParseTime(std::string_view text);

/// Returns days since 1970-01-01 of a proleptic Gregorian date (Hinnant, "chrono-compatible low-level
/// date algorithms": eras of 400 years).
std::int64_t DaysFromCivil(std::int64_t year, int month, int day);

struct Civil {
  std::int64_t year;
  int month, day;   ///< from 1
  int day_of_year;  ///< from 1
};
Civil CivilFromDays(std::int64_t days);

}  // namespace tagwerk::features
