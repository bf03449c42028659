// What logistic fits need of the training data: the classes that occur, the design and the targets.
#pragma once

#include <memory>
#include <vector>

#include "learners/linear/objective.h"
#include "model/learner.h"

namespace tagwerk::learners::linear {

class ClassificationProblem {
 public:
  /// Errors: no-rows when no training row has a weight above 0 and a class.
  static Result<ClassificationProblem> Make(const Context& context, const model::TrainingData& data);
  /// The same columns and classes on every `step`-th row, counted `step` times.
  ClassificationProblem Thinned(std::size_t step) const;
  /// Keeps the rows for which keep(i) holds; false comes back when a class would be lost.
  bool Subset(const std::vector<char>& keep, ClassificationProblem& subset) const;

  const Design& design() const { return *design_; }
  const std::vector<std::int32_t>& classes() const { return classes_; }
  std::size_t margins() const { return classes_.size() <= 2 ? 1 : classes_.size(); }
  Loss loss() const { return classes_.size() <= 2 ? Loss::kLogistic : Loss::kSoftmax; }
  const std::vector<double>& target() const { return target_; }  ///< 0 or 1; position in classes()
  double weight_factor() const { return weight_factor_; }
  Objective MakeObjective(double lambda) const {
    return {*design_, loss(), margins(), target_, lambda, weight_factor_};
  }
  void Keep(const Context& context);
  /// Coefficients that predict the class shares.
  std::vector<double> Start() const;
  GlmParts Parts(const std::vector<double>& theta) const;
  /// The same with the spread of the features.
  GlmParts MeasuredParts(const Context& context, const std::vector<double>& theta) const;

 private:
  std::int32_t num_classes_ = 0;
  std::vector<std::int32_t> classes_;
  std::shared_ptr<Design> design_;
  std::vector<double> target_;
  double weight_factor_ = 1;
};

}  // namespace tagwerk::learners::linear
