// What early stopping goes by: the loss on validation rows, or a metric of their predictions.
#pragma once

#include <vector>

#include "learners/trees/objective.h"
#include "metrics/metrics.h"

namespace tagwerk::learners::trees {

class ValidationScore {
 public:
  /// `metric` may be null: the loss. All must outlive it.
  ValidationScore(const model::TrainingData& data, const TrainingRows& rows, const Objective& objective,
                  const metrics::Metric* metric);

  /// Returns the loss or metric of the validation rows; NaN without rows or where the metric is undefined.
  double At(const std::vector<Scores>& scores) const;
  /// Whether value a is better than value b; NaN is never better, anything else is better than NaN.
  bool Better(double a, double b) const;

 private:
  const TrainingRows& rows_;
  const Objective& objective_;
  const metrics::Metric* metric_;
  Forest shape_;  ///< how scores become predictions
  metrics::Scored scored_;
  std::vector<double> truth_, weight_;
};

}  // namespace tagwerk::learners::trees
