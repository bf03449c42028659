// Tree learners on one histogram engine: gradient boosting, random forest, extra trees, decision tree.
// Rows are binned once (bins.h), trees grow on packed integer histograms, models are flat (forest_model.h).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "learners/trees/forest_model.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

const model::LearnerDescriptor& GradientBoosting();
const model::LearnerDescriptor& RandomForest();
const model::LearnerDescriptor& ExtraTrees();
const model::LearnerDescriptor& DecisionTree();

/// What a fit may be given beside parameters.
struct FitExtras {
  const Forest* before = nullptr;       ///< continues this model up to n_estimators; made by the same learner
  std::vector<double> quantiles;        ///< boosting, loss=quantile: several at once, ascending, each in (0, 1)
  std::vector<std::int8_t> directions;  ///< boosting: see GrowRules
  std::vector<std::vector<std::uint32_t>> groups;  ///< boosting: see GrowRules
  /// Boosting: told the losses of every round (see BoostingSettings::on_round).
  std::function<bool(int round, double train_loss, double valid_loss)> on_round;
};

/// Fits one of the four learners. Errors: unknown-learner, those of the parameters and of the data, warm-start-shape,
/// constraint-unsupported.
Result<model::Fitted> FitTrees(std::string_view learner, const Context& context, const model::TrainingData& data,
                               const model::Parameters& parameters, const FitExtras& extras);

}  // namespace tagwerk::learners::trees
