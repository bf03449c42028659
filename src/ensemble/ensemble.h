// Greedy weighted ensemble over out-of-fold predictions (Caruana et al. 2004) with a guard.
#pragma once

#include <span>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "metrics/metrics.h"

namespace tagwerk::ensemble {

struct EnsembleInput {
  metrics::Scored truth;                            ///< task, classes, truth, weight; scores unused
  std::vector<std::span<const double>> candidates;  ///< out-of-fold scores, best model first
  const metrics::Metric* metric = nullptr;
  std::uint64_t seed = 0;
  int steps = 40;
};

struct Ensemble {
  std::vector<std::size_t> members;  ///< indices into candidates
  std::vector<double> weights;       ///< positive, sum 1
  double score = 0;                  ///< out-of-fold metric of the blend
  double best_single = 0;
  std::string reason;  ///< why the blend or the single model was taken
};

/// Selects with replacement, keeps the best prefix; falls back to the best single model unless the blend
/// is better on both halves of a cross-fit (guard against over-fitting the validation).
Ensemble GreedySelect(const Context& context, const EnsembleInput& input);

}  // namespace tagwerk::ensemble
