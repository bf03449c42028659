// Whether strings are text, to be read by its words, or keys and categories.
#pragma once

#include "table/table.h"

namespace tagwerk::table {

/// Returns whether the strings of a column read as text: at least two words a value on average, most of
/// them made of letters, and a good part of them in more than one value; or long runs of a script that is
/// written without blanks. Keys, codes, numbers, single words and values that 100 rows share on average are no text.
/// Looks at `rows` only and at most at 2,000 different values, evenly spaced.
bool HoldsWords(const std::vector<std::int32_t>& codes, const Dictionary& dictionary, RowSpan rows);

}  // namespace tagwerk::table
