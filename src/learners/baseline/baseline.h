// Baselines: what a result must beat. They know the target's distribution, one column, or four questions.
#pragma once

#include "model/learner.h"

namespace tagwerk::learners::baseline {

const model::LearnerDescriptor& Prior();   ///< class shares, or the mean
const model::LearnerDescriptor& Median();  ///< regression only
const model::LearnerDescriptor& Column();  ///< the best single column
const model::LearnerDescriptor& Tree();    ///< depth 4

}  // namespace tagwerk::learners::baseline
