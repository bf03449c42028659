// What the linear learners share when a penalty is to be chosen: the parameters, the score of a model on
// held-out rows, and the walk along a path.
#pragma once

#include <functional>
#include <vector>

#include "learners/linear/glm_model.h"
#include "model/learner.h"

namespace tagwerk::learners::linear {

/// Minimises score over 10^x for x on a grid, then between the neighbours of the best by golden section
/// (Kiefer 1953). score returns NaN when it was stopped; the best so far is returned then, 1 without any.
double ChoosePowerOfTen(const std::vector<double>& exponents, int refinements,
                        const std::function<double(double value)>& score);

/// Returns mean log loss or mean squared error of a model on the rows; NaN without usable rows.
double HeldOutLoss(const model::Model& model, const model::TrainingData& data, model::RowSpan rows);

}  // namespace tagwerk::learners::linear
