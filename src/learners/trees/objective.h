// Losses of gradient boosting: start values, gradients, leaf values, mean loss. Scores are kept per output
// and matrix row.
#pragma once

#include <memory>
#include <vector>

#include "base/task.h"
#include "learners/trees/gradients.h"
#include "learners/trees/training_rows.h"

namespace tagwerk::learners::trees {

/// Scores of one output by matrix row.
using Scores = std::vector<double>;

class Objective {
 public:
  virtual ~Objective() = default;
  /// Trees per round: 1, or the number of classes.
  virtual int outputs() const { return 1; }
  /// True where every hessian is 1, so that quantised hessians count rows.
  virtual bool unit_hessian() const { return false; }
  virtual std::vector<double> StartValues() const = 0;
  /// Gradients are in units of 2^exponent(), so that floats hold them whatever the size of the target.
  virtual int exponent() const { return 0; }
  /// Prepares a round (class probabilities of all outputs at once).
  virtual void StartRound(const std::vector<Scores>&, Pool*) {}
  /// Writes g and h of the training rows.
  virtual void Gradients(const std::vector<Scores>& scores, int output, Pool* pool, GradientPlane& plane) const = 0;
  /// True where leaf values do not follow from gradient sums; then LeafValue is asked.
  virtual bool renews_leaves() const { return false; }
  virtual double LeafValue(const std::vector<Scores>&, model::RowSpan) const { return 0; }
  /// Mean loss over rows: log loss, root mean squared error, mean absolute error or
  /// twice the pinball loss.
  virtual double Loss(const std::vector<Scores>& scores, model::RowSpan rows) const = 0;
};

enum class RegressionLoss { kSquared, kAbsolute, kQuantile };

/// Makes the objective of a task; `data` and `rows` must outlive it. `quantile` is for kQuantile alone.
std::unique_ptr<Objective> MakeObjective(const model::TrainingData& data, const TrainingRows& rows, RegressionLoss loss,
                                         double quantile = 0.5);

}  // namespace tagwerk::learners::trees
