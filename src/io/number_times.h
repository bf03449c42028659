// Columns of numbers that are times: counts since 1970 and dates of eight digits.
#pragma once

#include <optional>
#include <string_view>

#include "table/table.h"

namespace tagwerk::io {

/// Decides by all values. Eight digits are dates when every value is a day of the calendar. A count since 1970
/// lies between 1990 and 2040 in one of seconds, milliseconds or microseconds, and either the column's name says
/// time or the rows follow it in steps that are no running number; ids and amounts stay numbers.
std::optional<table::ValueForm> TimesInNumbers(const table::Column& numbers, std::string_view name);

/// Converts numbers by the form; nothing fails, as the form was decided on all values.
table::ColumnPtr NumbersToTimes(const table::Column& numbers, const table::ValueForm& form);

}  // namespace tagwerk::io
