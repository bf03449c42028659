// Gradient boosting: settings and the fit loop. gradient_boosting.cc declares the learner.
#pragma once

#include <functional>

#include "base/context.h"
#include "learners/trees/objective.h"
#include "learners/trees/row_sampling.h"
#include "learners/trees/tree_grower.h"
#include "metrics/metrics.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

/// Whether a round grows one tree with a value for each class in its leaves, instead of one tree a class.
enum class MultiOutput { kAuto, kOff, kOn };

inline constexpr int kAutoLevels = -1;

struct BoostingSettings {
  int n_estimators = 100;
  double learning_rate = 0.1;
  BinRules bins{.bundle = true, .multiply = true};
  double subsample = 1, colsample = 1;
  Sampling sampling = Sampling::kUniform;  ///< how the share `subsample` is drawn
  int gradient_levels = 0;                 ///< see Rounding; kAutoLevels: by the number of rows
  bool early_stopping = true;
  LossSettings loss;                       ///< of regression
  MultiOutput multi = MultiOutput::kAuto;  ///< kOn or kOff once SettleOutputs was there
  GrowRules grow;
  int patience = 0;  ///< rounds without a better validation loss until the end; 0: automatic
  const metrics::Metric* stopping_metric = nullptr;  ///< early stopping goes by it; null: by the loss
  std::size_t parallel_cells = 100'000;              ///< rows x columns x classes from which one fit uses the pool
  const Forest* before = nullptr;                    ///< continues this model: its rounds count among n_estimators
  /// Told every round with its loss on some training rows and the loss or metric of the validation rows (NaN without);
  /// true ends the fit.
  std::function<bool(int round, double train_loss, double valid_score)> on_round;
};

/// The settings that parameters of the learner stand for, for a task. Error: unknown-metric.
Result<BoostingSettings> BoostingSettingsOf(const model::Parameters& parameters, Task task);

/// Fits; `refit` of the result holds n_estimators and early_stopping where validation rows decided. `bins`: those of
/// data.x, where they are made already.
Result<model::Fitted> FitBoosting(const Context& context, const model::TrainingData& data,
                                  const BoostingSettings& settings, std::shared_ptr<const BinnedData> bins = nullptr);

}  // namespace tagwerk::learners::trees
