// Number formats of workbooks: which show a number as a date, and the date that a number stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tagwerk::io {

enum class CellFormat : std::uint8_t { kPlain, kDate, kDateTime, kTime, kDuration };

/// Returns the format of a built-in number (ECMA-376 part 1, 18.8.30).
CellFormat BuiltInFormat(int id);
/// Returns the format of a format code such as "dd/mm/yyyy hh:mm" or, of a duration, "[h]:mm".
CellFormat FormatOfCode(std::string_view code);

/// Returns what a serial number shows: 2024-01-31, 2024-01-31T13:45:00 or, for times of day and durations, 13:45:00 and
/// 36:30:00. A time that carries a day shows it. Empty when it is outside 1900 to 9999.
std::string SerialText(double serial, bool from_1904, CellFormat format);

}  // namespace tagwerk::io
