// Units: sets of rows that must stay on one side - equal feature rows, or the rows of a group. A unit's
// place is decided by its hash, never by its position in the file.
#pragma once

#include <cstdint>
#include <vector>

#include "split/split.h"

namespace tagwerk::split {

/// Rows are meant by their position in SplitInput::rows.
struct Units {
  std::vector<std::uint32_t> unit_of;  ///< per position
  std::vector<std::uint64_t> hash;     ///< per unit
  std::vector<std::uint32_t> size;     ///< rows of a unit
  std::vector<std::int32_t> stratum;   ///< per unit
  std::vector<std::uint32_t> stratum_rows;
  std::int64_t duplicate_groups = 0;  ///< units of more than one equal row
  std::size_t count() const { return hash.size(); }
};

/// Equal feature rows form a unit, unless the features repeat by nature: less than half of the rows are
/// distinct and equal rows often have different targets.
Units UnitsByFeatures(const SplitInput& input);
/// Rows of equal group value form a unit; rows without a group stand alone.
Units UnitsByGroup(const SplitInput& input, std::size_t group);
/// Sets the strata: classes, or 10 quantile bins of the target; all one stratum when `one`.
void SetStrata(const SplitInput& input, bool one, Units& units);

/// Assigns units to parts of the given shares (sum 1) and returns the part of each unit. `salt` tells
/// assignments of one seed apart. Exact: shares hold within each stratum up to one unit (rotated by
/// stratum when `rotate`); else each unit falls by its hash alone, except in strata of under 100 rows.
/// A stratum of a single unit goes to part `lone`.
std::vector<std::int32_t> Assign(const Units& units, const std::vector<double>& shares, std::uint64_t seed,
                                 std::uint64_t salt, bool exact, bool rotate, std::int32_t lone);

}  // namespace tagwerk::split
