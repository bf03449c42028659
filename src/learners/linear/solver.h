// Minimises a penalised loss by limited-memory BFGS (Nocedal and Wright 2006, algorithm 7.4) whose first
// metric is the Hessian at the start: its Cholesky factor for up to kMostFactored features, else its
// diagonal. With the factor the first step is a Newton step; it is renewed when progress is slow.
#pragma once

#include <vector>

#include "learners/linear/objective.h"

namespace tagwerk::learners::linear {

inline constexpr std::size_t kMostFactored = 1024;

struct SolverOptions {
  /// Stop when the next step changes margins by less than this (root mean square in the Hessian's metric).
  double tolerance = 1e-4;
  int max_iterations = 200;
};

struct SolverResult {
  bool converged = false;
  bool stopped = false;  ///< the deadline cut it; theta is the best so far
  int iterations = 0;
  double value = 0;
};

SolverResult Minimize(const Context& context, const Objective& objective, const SolverOptions& options,
                      std::vector<double>& theta);

}  // namespace tagwerk::learners::linear
