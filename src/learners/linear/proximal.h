// Penalties on absolute values: coordinate descent on a quadratic, and what is built from it.
#pragma once

#include <vector>

#include "learners/linear/gram.h"
#include "learners/linear/solver.h"

namespace tagwerk::learners::linear {

/// Minimises 1/2 x'(A + diag(ridge)) x + linear'x + sum_j lasso_j |x_j|; coordinates with free[j] = 0 stay.
struct Quadratic {
  const double* a = nullptr;  ///< width x width, symmetric
  std::size_t width = 0;
  std::vector<double> linear, ridge, lasso;
  std::vector<char> free;
};

/// Cyclic coordinate descent with sweeps over the coordinates that are not zero in between (Friedman et
/// al. 2010, sections 2.2 and 2.6). Stops when no step lowers the quadratic by more than `enough`.
/// Returns false if it was stopped by the deadline; x is usable all the same.
bool DescendCoordinates(const Context& context, const Quadratic& problem, double enough, int max_sweeps,
                        std::vector<double>& x);

/// Minimises objective + lasso * sum_j sqrt(penalty_j) |theta_j|. Up to kMostFactored features by Newton
/// steps whose quadratic is solved by coordinate descent (Lee, Sun and Saunders 2014), above by
/// accelerated proximal gradient steps in the metric of the diagonal (Beck and Teboulle 2009).
SolverResult MinimizeWithAbsolutePenalty(const Context& context, const Objective& objective, double lasso,
                                         const SolverOptions& options, std::vector<double>& theta);

}  // namespace tagwerk::learners::linear
