// Random forest, extra trees and the single tree: settings and the fit.
#pragma once

#include "base/context.h"
#include "learners/trees/forest_model.h"
#include "learners/trees/split.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

struct ForestSettings {
  int n_estimators = 100;
  int max_depth = 0;
  int max_bins = 255;
  double max_features = 0;  ///< share per node; 0: sqrt for classes, a third or all for numbers
  double subsample = 1;
  bool bootstrap = true;
  bool single = false;          ///< one tree that sees all columns
  bool classification = false;  ///< set by the fit
  SplitRules rules{.min_hessian = 0,
                   .min_samples_leaf = 1,
                   .category_smoothing = 1,
                   .category_l2 = 0,
                   .min_samples_category = 1,
                   .max_category_set = 256};
  std::size_t parallel_cells = 20'000'000;
  const Forest* before = nullptr;  ///< continues this model: its trees count among n_estimators
};

/// The settings that parameters of "random_forest", "extra_trees" or "decision_tree" stand for.
ForestSettings ForestSettingsOf(std::string_view learner, const model::Parameters& parameters);

Result<model::Fitted> FitForest(const Context& context, const model::TrainingData& data, ForestSettings settings);

}  // namespace tagwerk::learners::trees
