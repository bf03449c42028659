#include "io/cell_format.h"

#include <fmt/format.h>

#include <cmath>

#include "base/constants.h"
#include "base/text.h"
#include "table/table.h"

namespace tagwerk::io {
namespace {

constexpr double kLastSerial = 2'958'466;      // 9999-12-31
constexpr std::int64_t kDaysTo1900 = -25'568;  // 1899-12-31, which would be serial 0
constexpr std::int64_t kDaysTo1904 = -24'107;  // 1904-01-01, serial 0 of the other system
constexpr double kLeapDayThatNeverWas = 60;    // serial of 1900-02-29, which the format counts

// A time is a fraction of a day as a double: good to a millisecond.
std::int64_t Milliseconds(double days) { return std::llround(days * 86'400'000.0); }

std::string ClockText(double days) {
  const std::int64_t all = Milliseconds(days), seconds = all / 1000;
  const std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return all % 1000 == 0 ? text : fmt::format("{}.{:03}", text, all % 1000);
}

}  // namespace

CellFormat BuiltInFormat(int id) {
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58) {
    return CellFormat::kDate;
  }
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 55 && id <= 56)) return CellFormat::kTime;
  if (id >= 45 && id <= 47) return CellFormat::kDuration;
  return id == 22 ? CellFormat::kDateTime : CellFormat::kPlain;
}

CellFormat FormatOfCode(std::string_view code) {
  bool date = false, time = false, month = false;
  for (std::size_t i = 0; i < code.size() && code[i] != ';'; ++i) {  // the first section: positive numbers
    const char c = code[i];
    if (c == '"' || c == '[') {
      const std::size_t close = code.find(c == '"' ? '"' : ']', i + 1);
      if (close == std::string_view::npos) break;
      const std::string inside = Lower(code.substr(i + 1, close - i - 1));
      if (c == '[' && !inside.empty() && inside.find_first_not_of("hms") == std::string::npos) {
        return CellFormat::kDuration;
      }
      i = close;
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == 'y' || c == 'Y' || c == 'd' || c == 'D' || c == 'e') {
      date = true;
    } else if (c == 'h' || c == 'H' || c == 's' || c == 'S') {
      time = true;
    } else if (c == 'm' || c == 'M') {
      month = true;
    } else if (c == '0' || c == '#' || c == '?' || c == 'E') {
      if (!date && !time) return CellFormat::kPlain;
    } else if (Lower(code.substr(i, 7)) == "general") {
      return CellFormat::kPlain;
    }
  }
  if (!date && time) return CellFormat::kTime;
  if (!date && !month) return CellFormat::kPlain;
  return time ? CellFormat::kDateTime : CellFormat::kDate;
}

std::string SerialText(double serial, bool from_1904, CellFormat format) {
  if (!(serial >= 0) || serial >= kLastSerial) return "";
  if (format == CellFormat::kDuration || (format == CellFormat::kTime && serial < 1)) return ClockText(serial);
  const double day = std::floor(serial);
  std::int64_t days = std::int64_t(day);
  if (from_1904) {
    days += kDaysTo1904;
  } else {
    days += kDaysTo1900 - (day >= kLeapDayThatNeverWas);
  }
  const std::int64_t milliseconds = Milliseconds(serial - day);
  const std::int64_t time = days * kMicrosecondsPerDay + milliseconds * 1000;
  return table::TimestampText(time, format == CellFormat::kDate && milliseconds % 86'400'000 == 0);
}

}  // namespace tagwerk::io
