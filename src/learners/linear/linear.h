// Linear learners: ridge, elastic net and (multinomial) logistic regression on standardised numbers and
// implicit one-hot categories.
#pragma once

#include "model/learner.h"

namespace tagwerk::learners::linear {

const model::LearnerDescriptor& Ridge();
const model::LearnerDescriptor& ElasticNet();
const model::LearnerDescriptor& Logistic();

}  // namespace tagwerk::learners::linear
