// Headers that are more or less than one line of names: a second line of labels, and a row of data that a
// program took for the names and made unique.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tagwerk::io {

using RawRows = std::vector<std::vector<std::string>>;  ///< first record of the file first

/// Returns whether a text can be read as a number or a time in some style.
bool IsValue(std::string_view text);

/// Returns whether the second record belongs to the header: it holds texts, which do not occur below, where at
/// least two columns hold numbers or times, and no value there.
bool HasSecondHeader(const RawRows& rows, std::size_t width);

/// Joins two lines of names. A name that stands over several columns, the others left empty, is followed by
/// each one's label ("Films seen: Star Wars"); a name over one column stays as it is.
std::vector<std::string> JoinHeader(const std::vector<std::string>& top, const std::vector<std::string>& labels);

/// Returns the row that became the names, when names were values made unique: R and pandas number repeated names
/// ("0", "0.1", "0.2"), R also writes X before digits. Nothing unless every name is such a value, at least three
/// are numbered in sequence, those columns hold whole numbers, and most of the values occur below.
std::optional<std::vector<std::string>> RecoverRow(const RawRows& rows, std::size_t width);

}  // namespace tagwerk::io
