// Weighted cross products of all features of a design: what least squares and Newton steps need.
#pragma once

#include <span>
#include <vector>

#include "learners/linear/design.h"

namespace tagwerk::learners::linear {

struct Gram {
  std::size_t width = 0;
  std::vector<double> values;  ///< width x width, symmetric
  std::vector<double> right;   ///< sum of weight * target * feature; empty without a target
  double target_square = 0;    ///< sum of weight * target^2
  double at(std::size_t i, std::size_t j) const { return values[i * width + j]; }
};

/// Computes sum of weight * x x^T over the rows of every `step`-th block, and the right side for a
/// target (may be empty). weight and target are per row of the design. Returns false if stopped.
bool ComputeGram(const Context& context, const Design& design, std::span<const double> weight,
                 std::span<const double> target, std::size_t step, Gram& gram);

/// Returns the step that keeps ComputeGram within about `operations` multiplications.
std::size_t GramStep(const Design& design, double operations);

}  // namespace tagwerk::learners::linear
