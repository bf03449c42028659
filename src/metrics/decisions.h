// Counts of truth, decision and agreement by class: all that the metrics of decisions need.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "metrics/metrics.h"

namespace tagwerk::metrics {

/// Weighted rows by class: of that truth, decided so, and both.
struct ClassCounts {
  std::vector<double> truth, decided, hit;
  double total = 0;
};

using DecisionStatistic = double (*)(const ClassCounts& counts, int positive);

/// Returns the class decided for every row: the threshold (p >= threshold is positive) for binary tasks,
/// the largest probability (first on ties) otherwise.
std::vector<std::int32_t> Decide(const Scored& scored);

/// Prepares a statistic of the class counts. Rows are grouped by (truth, decision), so that a resample
/// sums counts run by run.
std::unique_ptr<Resampled> OfDecisions(const Scored& scored, DecisionStatistic statistic);

}  // namespace tagwerk::metrics
