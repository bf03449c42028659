// One pass over the rows gives loss and gradient: margins, residuals, sums, block by block in cache.
#include "learners/linear/objective.h"

#include <algorithm>
#include <cmath>

#include "learners/linear/exponential.h"

namespace tagwerk::learners::linear {

void Objective::Margins(const Block& block, const double* theta, double* out) const {
  const std::size_t dense = design_->dense(), cats = design_->cats(), width = design_->width();
  for (std::size_t r = 0; r < block.rows; ++r) {
    for (std::size_t m = 0; m < margins_; ++m) {
      const double* beta = theta + m * width;
      double sum = Dot(block.z + r * dense, beta, dense);
      for (std::size_t c = 0; c < cats; ++c) sum += beta[block.active[r * cats + c]];
      out[r * margins_ + m] = sum;
    }
  }
}

double Objective::SquaredResiduals(const Block& block, double* margins) const {
  double loss = 0;
  for (std::size_t r = 0; r < block.rows; ++r) {
    const double w = design_->weight()[block.first + r] * weight_factor_;
    const double residual = margins[r] - target_[block.first + r];
    loss += 0.5 * w * residual * residual;
    margins[r] = w * residual;
  }
  return loss;
}

double Objective::LogisticResiduals(const Block& block, double* margins) const {
  const double* weight = design_->weight().data() + block.first;
  const double* target = target_.data() + block.first;
  double loss = 0, product = 1, product_weight = 0;
  for (std::size_t r = 0; r < block.rows; ++r) {
    const double w = weight[r] * weight_factor_;
    const double sign = target[r] > 0.5 ? -1.0 : 1.0;
    const double u = sign * margins[r];  // margin against the truth
    const double e = Exp(-std::abs(u));
    const double wrong = (u > 0 ? 1.0 : e) / (1.0 + e);  // probability of the other class
    margins[r] = w * sign * wrong;
    // The loss is max(u, 0) + log(1 + e). Factors 1 + e <= 2 of rows with one weight share a logarithm.
    loss += w * std::max(u, 0.0);
    if (w != product_weight) {
      loss += product_weight * std::log(product);
      product = 1;
      product_weight = w;
    }
    product *= 1.0 + e;
  }
  return loss + product_weight * std::log(product);
}

double Objective::SoftmaxResiduals(const Block& block, double* margins) const {
  double loss = 0;
  for (std::size_t r = 0; r < block.rows; ++r) {
    const double w = design_->weight()[block.first + r] * weight_factor_;
    const auto truth = static_cast<std::size_t>(target_[block.first + r]);
    double* margin = margins + r * margins_;
    const double top = *std::max_element(margin, margin + margins_);
    const double own = margin[truth] - top;
    double sum = 0;
    for (std::size_t m = 0; m < margins_; ++m) sum += margin[m] = Exp(margin[m] - top);
    loss += w * (std::log(sum) - own);
    for (std::size_t m = 0; m < margins_; ++m) margin[m] *= w / sum;
    margin[truth] -= w;
  }
  return loss;
}

double Objective::Residuals(const Block& block, double* margins) const {
  static_assert(Design::kBlockRows <= 512, "a product of that many factors up to 2 must not overflow");
  switch (loss_) {
    case Loss::kSquared:
      return SquaredResiduals(block, margins);
    case Loss::kLogistic:
      return LogisticResiduals(block, margins);
    case Loss::kSoftmax:
      return SoftmaxResiduals(block, margins);
  }
  return 0;
}

void Objective::AddGradient(const Block& block, const double* residuals, double* gradient) const {
  const std::size_t dense = design_->dense(), cats = design_->cats(), width = design_->width();
  for (std::size_t r = 0; r < block.rows; ++r) {
    const double* z = block.z + r * dense;
    for (std::size_t m = 0; m < margins_; ++m) {
      const double residual = residuals[r * margins_ + m];
      double* g = gradient + m * width;
      AddScaled(residual, z, dense, g);
      for (std::size_t c = 0; c < cats; ++c) g[block.active[r * cats + c]] += residual;
    }
  }
}

bool Objective::Evaluate(const Context& context, std::span<const double> theta, double& value,
                         std::vector<double>& gradient) const {
  const std::size_t segments = Segments(*design_, size() <= 4096 ? 16 : 4);
  std::vector<std::vector<double>> sums(segments, std::vector<double>(size(), 0.0));
  std::vector<double> losses(segments, 0.0);
  const bool complete = design_->Visit(context, segments, [&](std::size_t s, const Block& block) {
    std::vector<double> margins(block.rows * margins_);
    Margins(block, theta.data(), margins.data());
    losses[s] += Residuals(block, margins.data());
    AddGradient(block, margins.data(), sums[s].data());
  });
  if (!complete) return false;
  gradient.assign(size(), 0.0);
  value = 0;
  for (std::size_t s = 0; s < segments; ++s) {
    value += losses[s];
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += sums[s][i];
  }
  const std::vector<double>& penalty = design_->penalty();
  for (std::size_t m = 0; m < margins_; ++m) {
    const double* beta = theta.data() + m * design_->width();
    double* g = gradient.data() + m * design_->width();
    for (std::size_t j = 0; j < penalty.size(); ++j) {
      value += 0.5 * lambda_ * penalty[j] * beta[j] * beta[j];
      g[j] += lambda_ * penalty[j] * beta[j];
    }
    g[design_->width() - 1] = 0;  // the idle feature stays 0
  }
  return true;
}

bool Objective::Curvature(const Context& context, std::span<const double> theta, std::vector<double>& weight) const {
  weight.resize(design_->rows());
  const auto num = static_cast<double>(margins_);
  return design_->Visit(context, Segments(*design_, 16), [&](std::size_t, const Block& block) {
    std::vector<double> margins(block.rows * margins_);
    Margins(block, theta.data(), margins.data());
    for (std::size_t r = 0; r < block.rows; ++r) {
      const std::size_t row = block.first + r;
      const double w = design_->weight()[row] * weight_factor_;
      if (loss_ == Loss::kSquared) {
        weight[row] = w;
      } else if (loss_ == Loss::kLogistic) {
        const double e = Exp(-std::abs(margins[r]));
        weight[row] = w * e / ((1.0 + e) * (1.0 + e));
      } else {
        double* margin = margins.data() + r * margins_;
        const double top = *std::max_element(margin, margin + margins_);
        double sum = 0, squares = 0;
        for (std::size_t m = 0; m < margins_; ++m) {
          const double e = Exp(margin[m] - top);
          sum += e;
          squares += e * e;
        }
        // Mean of p (1 - p); K / (K - 1) makes it exact for equal probabilities, where the Hessian of the
        // softmax is 1 / K on vectors that sum to zero.
        weight[row] = w * (1.0 - squares / (sum * sum)) / (num - 1.0);
      }
    }
  });
}

}  // namespace tagwerk::learners::linear
