// Tree learners on one histogram engine: gradient boosting, random forest, extra trees, decision tree.
// Rows are binned once (bins.h), trees grow on packed integer histograms, models are flat (forest_model.h).
#pragma once

#include "model/learner.h"

namespace tagwerk::learners::trees {

const model::LearnerDescriptor& GradientBoosting();
const model::LearnerDescriptor& RandomForest();
const model::LearnerDescriptor& ExtraTrees();
const model::LearnerDescriptor& DecisionTree();

}  // namespace tagwerk::learners::trees
