// Made scores for the tests of this folder.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "evaluate/evaluate.h"

namespace tagwerk::evaluate::testing {

struct Case {
  std::vector<double> truth, scores;
};

/// The case must outlive the input.
inline EvaluateInput InputOf(const Case& d, Task task = Task::kBinary, int k = 2) {
  EvaluateInput input;
  input.scored.task = task;
  input.scored.num_classes = k;
  input.scored.truth = d.truth;
  input.scored.scores = d.scores;
  for (int c = 0; c < k; ++c) input.classes.push_back("c" + std::to_string(c));
  return input;
}

/// Calibrated scores: p = u^exponent; the larger, the rarer the positive class.
inline Case Calibrated(int n, std::uint64_t seed, double exponent = 1) {
  Case d;
  Random random(seed);
  for (int i = 0; i < n; ++i) {
    const double p = std::pow(random.Uniform(), exponent);
    d.truth.push_back(random.Uniform() < p);
    d.scores.insert(d.scores.end(), {1 - p, p});
  }
  return d;
}

}  // namespace tagwerk::evaluate::testing
