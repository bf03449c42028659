// Which column orders or groups the rows, when nobody says so. Both guesses are conservative: a wrong
// random split flatters, but a wrong time or group split hides what a model can do.
#pragma once

#include <optional>

#include "split/split.h"

namespace tagwerk::split {

/// Returns the datetime feature, else the split date, that orders events: nearly complete, at least 20 distinct times,
/// not the date of a birth or an end, and either the file runs in its order or its names say just "time".
std::optional<table::EventTime> FindTime(const SplitInput& input);

/// Returns an id column with repeats whose groups dominate: named as a key, at least 20 groups of 2 or
/// more rows on average, none above a fifth of the rows, and an intra-class correlation of the target
/// of at least 0.5.
std::optional<std::size_t> FindGroupColumn(const SplitInput& input);

/// Times as numbers (microseconds, or the values of a numeric column), NaN = missing; empty when the
/// column cannot order rows.
std::vector<double> OrderOf(const SplitInput& input, const table::EventTime& time);
/// Writes a time of OrderOf as text.
std::string TimeText(const table::Table& table, const table::EventTime& time, double value);

}  // namespace tagwerk::split
