// A sparse column beside the dense features of a linear model. The dense part is fitted first, the sparse
// weights then on what it leaves (its margins are the offset): dense features need no penalty that suits
// hundreds of thousands of words, and each part has the solver that is quick for it.
#pragma once

#include <span>
#include <vector>

#include "learners/linear/glm_model.h"
#include "model/learner.h"
#include "sparse/dual_descent.h"

namespace tagwerk::learners::linear {

struct SparseSettings {
  double c = 0;  ///< inverse penalty; 0: chosen on the validation rows, or on a fifth of the rows
  int max_iterations = 100;
  double tolerance = 1e-3;  ///< of DualDescent::Fit; few rows get more passes
};

struct SparseRows {
  sparse::Loss loss;
  const model::Rows* rows;            ///< of the design
  const std::vector<double>* weight;  ///< one per row
  const std::vector<double>* target;  ///< value; 0 or 1; index of the margin
};

/// Returns whether the matrix has a sparse column.
bool HasSparse(const model::Matrix& x);

/// Adds the weights of the first sparse column to `parts`, which hold the fitted dense part. Returns the C
/// used; `stopped` tells whether the deadline cut it (the parts are usable all the same). Chosen by
/// validation, C is kLeastC and the weights are empty when no penalty makes the column useful.
double AddSparseColumn(const Context& context, const model::TrainingData& data, const SparseRows& rows,
                       const SparseSettings& settings, GlmParts& parts, bool& stopped);

inline constexpr double kLeastC = 1e-6;

/// The parameter of the learners that use it.
model::ParameterSpec SparseParameter();

}  // namespace tagwerk::learners::linear
