// Thresholds between the bins of one numeric column.
#pragma once

#include <vector>

namespace tagwerk::learners::trees {

/// Cuts values (no NaN; order is lost) into at most `max_bins` bins: one per distinct value where they fit,
/// else heavy values alone and the rest in bins of about equal mass. Thresholds ascend; a value x belongs
/// to the first bin whose threshold is >= x, or to the last bin.
/// `zeros` more values are 0.
std::vector<double> BinThresholds(std::vector<double>& values, int max_bins, std::size_t zeros = 0);

/// Sorts doubles ascending (no NaN), by radix on the high half and repair on the low one.
void SortDoubles(std::vector<double>& values);

/// Returns a number t with a <= t < b near the middle, exactly a float where one lies between.
double Between(double a, double b);

}  // namespace tagwerk::learners::trees
