// Times that are stored as numbers: counts since 1970 and dates written as eight digits.
#pragma once

#include <cstdint>
#include <optional>

#include "table/value_form.h"

namespace tagwerk::table {

/// Reads 20130131 as a date (microseconds since 1970); nothing when there is no such day in 1800 to 2199.
std::optional<std::int64_t> CompactDate(double value);
/// Reads a number by the form of a time column: a count since 1970, else a date of eight digits.
std::optional<std::int64_t> TimeOfNumber(double value, const ValueForm& form);

}  // namespace tagwerk::table
