// Relations between columns of all kinds: number with number (Pearson, Spearman), number with groups
// (correlation ratio), groups with groups (bias-corrected Cramer's V, Theil's U). Times count as numbers.
// Computed on a sample of rows; q-values (Benjamini & Hochberg 1995) over all pairs.
#pragma once

#include <vector>

#include "base/json.h"
#include "profile/frame.h"

namespace tagwerk::profile {

struct PairRelation {
  enum class Kind : std::uint8_t { kNumbers, kNumberGroups, kGroups };
  Kind kind = Kind::kNumbers;
  std::size_t first = 0, second = 0;  ///< columns of the table; kNumberGroups: first is the number
  double strength = 0;                ///< 0..1, comparable between kinds: see PairStrengthName
  double pearson = 0, spearman = 0;   ///< kNumbers
  double eta = 0, eta_rank = 0;       ///< kNumberGroups: adjusted for chance; of the values, of their ranks
  double cramers_v = 0;               ///< kGroups
  double u_first = 0, u_second = 0;   ///< kGroups: share of first (second) that the other one explains
  double p_value = 1, q_value = 1;
  std::int64_t rows = 0;
};

struct Pairs {
  std::vector<PairRelation> strongest;  ///< strongest first
  std::int64_t tested = 0;
  std::int64_t rows = 0;  ///< of the sample
  bool sampled = false;
  std::int64_t columns_left_out = 0;  ///< beyond the widest table that is compared pair by pair
};

/// `most` relations are kept. `budget`: value pairs that may be looked at; a wide table gets fewer rows.
Pairs FindPairs(const Context& context, const Frame& frame, std::size_t most, double budget);
/// `pairs` and `pairs_summary` of tagwerk.profile/1.
Json PairsJson(const Pairs& pairs, const table::Table& table);
Json PairsSummaryJson(const Pairs& pairs);

}  // namespace tagwerk::profile
