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

struct SparseRows {
  sparse::Loss loss;
  const model::Rows* rows;            ///< of the design
  const std::vector<double>* weight;  ///< one per row
  const std::vector<double>* target;  ///< value; 0 or 1; index of the margin
};

/// Adds the weights of the first sparse column, if there is one, to `parts`, which hold the fitted dense part. `c` is
/// the value of SparseParameter(), the inverse penalty; 0: chosen on the validation rows, or on a fifth of the rows,
/// and noted in `fitted.refit` (kLeastC and no weights when no penalty makes the column useful). Does nothing for a fit
/// that was stopped; `fitted.stopped_early` tells whether the deadline cut it (the parts are usable all the same).
void AddSparseColumn(const Context& context, const model::TrainingData& data, const SparseRows& rows, double c,
                     GlmParts& parts, model::Fitted& fitted);

inline constexpr double kLeastC = 1e-6;

/// The parameter of the learners that use it.
model::ParameterSpec SparseParameter();

}  // namespace tagwerk::learners::linear
