// Which form of prediction interval fits the out-of-fold errors best.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace tagwerk::evaluate {

struct IntervalChoice {
  std::string kind = "constant";  ///< constant, constant_skewed, spread, spread_skewed
  bool by_spread = false;         ///< width in proportion to the spread of the row (Lei et al. 2018, section 5.2)
  bool asymmetric = false;        ///< each tail has its own reach
  std::vector<double> scaled;     ///< signed errors in units of the spread that is used (1 without)
  Json evidence;                  ///< mean interval score of every kind that was tried
};

/// Chooses by the mean interval score (Gneiting & Raftery 2007, eq. 43) at `level`, with reaches from one half of
/// the errors judged on the other. A richer kind must be better by 1 %. `spread`: cross-fitted expected size of each
/// error, 0 where none was made (those rows do not count); empty: only the constant kinds.
IntervalChoice ChooseInterval(std::span<const double> errors, std::span<const double> spread, double floor,
                              double level);
/// Sorts values and keeps at most `most` even order statistics.
std::vector<double> ThinnedSorted(std::vector<double> values, std::size_t most);

}  // namespace tagwerk::evaluate
