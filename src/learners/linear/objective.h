// Penalised loss of a generalised linear model on a design:
//   F(theta) = sum_i w_i loss(y_i, x_i theta) + lambda / 2 sum_j penalty_j theta_j^2
// with half squared error, logistic loss, or softmax cross entropy over `margins` vectors.
#pragma once

#include <span>
#include <vector>

#include "learners/linear/design.h"

namespace tagwerk::learners::linear {

enum class Loss : std::uint8_t { kSquared, kLogistic, kSoftmax };

class Objective {
 public:
  /// target per row of the design: value; 0 or 1; index of the margin.
  Objective(const Design& design, Loss loss, std::size_t margins, std::span<const double> target, double lambda,
            double weight_factor = 1)
      : design_(&design),
        loss_(loss),
        margins_(margins),
        target_(target),
        lambda_(lambda),
        weight_factor_(weight_factor) {}

  const Design& design() const { return *design_; }
  std::size_t margins() const { return margins_; }
  std::size_t size() const { return margins_ * design_->width(); }
  double lambda() const { return lambda_; }
  void set_lambda(double lambda) { lambda_ = lambda; }
  double total_weight() const { return design_->total_weight() * weight_factor_; }

  /// Computes F and its gradient; false if stopped.
  bool Evaluate(const Context& context, std::span<const double> theta, double& value,
                std::vector<double>& gradient) const;
  /// Computes each row's weight in the Hessian (averaged over margins for the softmax); false if stopped.
  bool Curvature(const Context& context, std::span<const double> theta, std::vector<double>& weight) const;

 private:
  /// Margins of a block, rows x margins.
  void Margins(const Block& block, const double* theta, double* out) const;
  /// Replaces margins by weighted residuals; returns the loss.
  double Residuals(const Block& block, double* margins) const;
  double SquaredResiduals(const Block& block, double* margins) const;
  double LogisticResiduals(const Block& block, double* margins) const;
  double SoftmaxResiduals(const Block& block, double* margins) const;
  void AddGradient(const Block& block, const double* residuals, double* gradient) const;

  const Design* design_;
  Loss loss_;
  std::size_t margins_;
  std::span<const double> target_;
  double lambda_;
  double weight_factor_;
};

}  // namespace tagwerk::learners::linear
