// Text that people read or type: numbers, durations, sizes, shares, names that are nearly right.
// Formats follow experience.md parts 8 and 9; nothing here depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tagwerk {

// ---- printing
std::string Count(std::int64_t n);       ///< 336,776
std::string Seconds(double seconds);     ///< 0.4 s, 59.8 s, 5 min 20 s, 2 h 05 min
std::string Bytes(std::uint64_t bytes);  ///< 10.6 MB (decimal)
std::string Percent(double share);       ///< 3.2 %, 0.012 %, > 99.9 %, < 0.1 %
std::string Shortest(double value);      ///< shortest form that reads back equal
/// Prints a value to the decimal place that its half-width asks for: 0.683 for 0.005.
std::string Rounded(double value, double half_width);
std::string Interval(double value, double low, double high);  ///< 0.683 [0.678, 0.688]
std::string Signed(double value, double half_width);          ///< +0.083
std::string PValue(double p);                                 ///< p < 0.001, p = 0.03
/// Makes bytes safe for a terminal: control characters as \x1b, cut at `limit` characters with "...".
std::string Printable(std::string_view text, std::size_t limit = 40);
std::string Quoted(std::string_view text);  ///< "text", printable

// ---- parsing (errors name the option in `what`)
Result<double> ParseDuration(std::string_view text, std::string_view what);     ///< seconds
Result<std::uint64_t> ParseSize(std::string_view text, std::string_view what);  ///< bytes; 2G = 2^31
Result<double> ParseShare(std::string_view text, std::string_view what);        ///< 1% or 0.01
std::optional<double> ParseDouble(std::string_view text);                       ///< whole text, no locale, "." only
std::optional<std::int64_t> ParseWhole(std::string_view text);                  ///< whole text; digits, "-" before
/// Splits at commas; a part with a comma is quoted as in CSV.
std::vector<std::string> SplitList(std::string_view text);
std::string_view Trim(std::string_view text);
std::string Lower(std::string_view text);                       ///< ASCII
inline bool IsDigit(char c) { return unsigned(c - '0') < 10; }  ///< ASCII
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

// ---- names that are nearly right
int EditDistance(std::string_view a, std::string_view b);
/// Returns at most 3 names near `name`: distance <= 2, common start of 4, or one inside the other.
std::vector<std::string> SimilarNames(std::string_view name, const std::vector<std::string>& names);

// ---- time
std::string UtcTime(double unix_seconds);     ///< 2026-11-22T08:00:01.000Z
std::string LocalStamp(double unix_seconds);  ///< 20261122-090001
double UnixNow();

}  // namespace tagwerk
