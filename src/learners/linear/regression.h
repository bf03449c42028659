// What ridge and elastic net share: the scaled target, the design, and the way back to a model.
#pragma once

#include <memory>
#include <vector>

#include "learners/linear/gram.h"
#include "model/learner.h"

namespace tagwerk::learners::linear {

class RegressionProblem {
 public:
  /// Errors: no-rows when no training row has a weight above 0 and a target.
  static Result<RegressionProblem> Make(const Context& context, const model::TrainingData& data);

  const Design& design() const { return *design_; }
  /// Target per row of the design: (y - center) / scale, scale a power of two near its spread.
  const std::vector<double>& target() const { return target_; }
  double scale() const { return scale_; }
  void Keep(const Context& context);
  /// Cross products of the validation rows; false if there are none, or if it was stopped.
  bool ValidGram(const Context& context, Gram& gram) const;
  /// Mean squared error on the validation rows; NaN without them.
  double HeldOut(const std::vector<double>& theta) const;
  std::unique_ptr<model::Model> MakeModel(const Context& context, const std::vector<double>& theta) const;
  GlmParts MeasuredParts(const Context& context, const std::vector<double>& theta) const;

 private:
  GlmParts Parts(const std::vector<double>& theta) const;
  const model::TrainingData* data_ = nullptr;
  std::shared_ptr<Design> design_;
  std::vector<double> target_;
  double center_ = 0, scale_ = 1;
};

/// Returns the weighted sum of (target - x theta)^2 over the rows behind a Gram matrix with a right side.
double QuadraticLoss(const Gram& gram, const std::vector<double>& theta);

}  // namespace tagwerk::learners::linear
