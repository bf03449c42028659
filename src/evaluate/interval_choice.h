// Which form of prediction interval fits the out-of-fold errors best.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace tagwerk::evaluate {

struct IntervalChoice {
  std::string kind = "constant";  ///< constant, constant_skewed, spread, spread_skewed, quantiles
  /// Width in proportion to the expected size of the row's error (Lei et al. 2018, section 5.2).
  bool by_spread = false;
  /// Ends in proportion to the row's conditional quantiles of the error: conformalised quantile regression (Romano,
  /// Patterson & Candes 2019) in its form that scales (Sesia & Candes 2020, "CQR-m"), so that it serves every level.
  bool by_quantiles = false;
  bool asymmetric = false;     ///< each tail has its own reach
  std::vector<double> scaled;  ///< signed errors in units of what the width is in proportion to (1 without)
  Json evidence;               ///< mean interval score of every kind that was tried
};

/// What the width may be in proportion to, for each error; cross-fitted. Rows with 0 do not count; an empty span: not
/// made. Values below the floor count as the floor.
struct IntervalWidths {
  std::span<const double> spread;        ///< expected size of the error
  std::span<const double> below, above;  ///< how far below and above the estimate the outer quantiles lie
  double spread_floor = 0, quantile_floor = 0;
};

/// Chooses by the mean interval score (Gneiting & Raftery 2007, eq. 43) at `level`, with reaches from one half of
/// the errors judged on the other. A richer kind must be better by 1 %.
IntervalChoice ChooseInterval(std::span<const double> errors, const IntervalWidths& widths, double level);
/// Sorts values and keeps at most `most` even order statistics.
std::vector<double> ThinnedSorted(std::vector<double> values, std::size_t most);

}  // namespace tagwerk::evaluate
