// Gradient boosting: settings and the fit loop. gradient_boosting.cc declares the learner.
#pragma once

#include "base/context.h"
#include "learners/trees/leafwise_grower.h"
#include "learners/trees/objective.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

struct BoostingSettings {
  int n_estimators = 100;
  double learning_rate = 0.1;
  int max_bins = 255;
  double subsample = 1, colsample = 1;
  bool early_stopping = true;
  RegressionLoss loss = RegressionLoss::kSquared;
  double quantile = 0.5;  ///< of RegressionLoss::kQuantile
  GrowRules grow;
  std::size_t parallel_cells = 20'000'000;  ///< rows x columns from which one fit uses the pool
};

/// Fits; `refit` of the result holds n_estimators and early_stopping where validation rows decided.
Result<model::Fitted> FitBoosting(const Context& context, const model::TrainingData& data,
                                  const BoostingSettings& settings);

}  // namespace tagwerk::learners::trees
