// Models of how large the out-of-fold errors are from row to row; internal to app/run_intervals.cc and run_spread.cc.
#pragma once

#include <vector>

#include "app/run_state.h"

namespace tagwerk::app {

/// Cross-fitted by halves of the out-of-fold rows: expected size of each error, and how far below and above the
/// estimate its 5 % and 95 % quantiles lie. Empty: not made. Rows that took no part have 0.
struct Spreads {
  std::vector<double> size, below, above;
  double size_floor = 0, tails_floor = 0;
  double unit = 1;                  ///< mean size of the errors; spreads are in this unit
  std::vector<std::size_t> places;  ///< rows that took part
  std::vector<double> errors;
};

Spreads FitSpreads(const RunState& state, const std::vector<double>& errors);
/// Fits the chosen kind on all rows that took part and hands it to state.intervals; false when that failed.
bool FitChosenSpread(RunState& state, const Spreads& spreads, bool tails);

}  // namespace tagwerk::app
