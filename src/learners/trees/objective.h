// Losses of gradient boosting: start values, gradients, leaf values, mean loss. Scores are kept per output
// and matrix row. One file a family (*_loss.cc), one line each in objective.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "learners/trees/forest_model.h"
#include "learners/trees/gradients.h"
#include "learners/trees/training_rows.h"

namespace tagwerk::learners::trees {

/// Scores of one output by matrix row.
using Scores = std::vector<double>;

class Objective {
 public:
  virtual ~Objective() = default;
  /// Trees per round: 1, the number of classes, or of quantiles.
  virtual int outputs() const { return 1; }
  /// How scores become predictions.
  virtual Transform transform() const { return Transform::kIdentity; }
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
  virtual double LeafValue(const std::vector<Scores>&, int /*output*/, model::RowSpan) const { return 0; }
  /// Shortens a Newton step that overshoots; `g` and `h` are the leaf's sums.
  virtual double Limit(double step, double /*g*/, double /*h*/) const { return step; }
  /// Mean loss over rows: log loss, root mean squared error, mean absolute error, twice the pinball loss, mean
  /// Huber loss or mean deviance.
  virtual double Loss(const std::vector<Scores>& scores, model::RowSpan rows) const = 0;
};

/// Which loss regression minimises, and its settings. Classification always takes the log loss.
struct LossSettings {
  std::string loss = "squared";   ///< a name of RegressionLosses()
  double quantile = 0.5;          ///< of "quantile"
  std::vector<double> quantiles;  ///< of "quantile": several at once, ascending; not empty: instead of `quantile`
  double huber_delta = 0;         ///< of "huber": residuals beyond count linearly; 0: nine of ten lie within
  double tweedie_power = 1.5;     ///< of "tweedie": variance = mean^power; 1 Poisson, 2 gamma
};

struct RegressionLoss {
  std::string_view name;
  /// `data` and `rows` must outlive the objective. Error target-domain where a target cannot be.
  Result<std::unique_ptr<Objective>> (*make)(const model::TrainingData& data, const TrainingRows& rows,
                                             const LossSettings& settings);
};

/// All losses of regression, in the order of the learner's choices.
const std::vector<RegressionLoss>& RegressionLosses();

/// Makes the objective of a task; `data` and `rows` must outlive it. Errors: target-domain.
Result<std::unique_ptr<Objective>> MakeObjective(const model::TrainingData& data, const TrainingRows& rows,
                                                 const LossSettings& settings);

}  // namespace tagwerk::learners::trees
