// Number formats of workbooks: which show a number as a date, and the date that a number stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tagwerk::io {

enum class CellFormat : std::uint8_t { kPlain, kDate, kDateTime };

/// Returns the format of a built-in number (ECMA-376 part 1, 18.8.30).
CellFormat BuiltInFormat(int id);
/// Returns the format of a format code such as "dd/mm/yyyy hh:mm". Durations and times of day are plain numbers (in
/// days).
CellFormat FormatOfCode(std::string_view code);

/// Returns the date of a serial number as 2024-01-31 or 2024-01-31T13:45:00; empty when it is outside 1900 to 9999.
std::string SerialText(double serial, bool from_1904, CellFormat format);

}  // namespace tagwerk::io
