// Units that people write beside numbers, and what they are worth in each other.
#pragma once

#include <optional>
#include <string_view>

namespace tagwerk::table {

/// Returns what one `from` is in `to`: 60 for "h" in "min"; 1 for two spellings of one unit ("euro", "EUR"),
/// nothing for units that have no fixed relation. Case and plural count only where they change the unit.
std::optional<double> UnitRatio(std::string_view from, std::string_view to);

/// Returns whether the unit is a currency, alone or with more ("$ per night").
bool IsCurrency(std::string_view unit);
/// Returns whether the spelling stands in the table of units.
bool IsKnownUnit(std::string_view unit);
/// Returns the length of a currency sign or code at the start of the text; 0 if there is none.
std::size_t CurrencyPrefix(std::string_view text);

}  // namespace tagwerk::table
