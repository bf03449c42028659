// Preconditioned limited-memory BFGS with backtracking.
#include "learners/linear/solver.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>
#include <deque>

#include "learners/linear/gram.h"

namespace tagwerk::learners::linear {
namespace {

using Vector = std::vector<double>;

double Product(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Approximates the inverse Hessian of one margin; the same for all margins.
class Metric {
 public:
  bool Renew(const Context& context, const Objective& objective, const Vector& theta) {
    const Design& design = objective.design();
    Vector weight;
    if (!objective.Curvature(context, theta, weight)) return false;
    if (design.width() <= kMostFactored) return Factor(context, objective, weight);
    return Diagonal(context, objective, weight);
  }

  void Apply(const Vector& gradient, Vector& out) const {
    out.resize(gradient.size());
    const auto width = static_cast<Eigen::Index>(width_);
    for (std::size_t m = 0; m * width_ < gradient.size(); ++m) {
      Eigen::Map<const Eigen::VectorXd> from(gradient.data() + m * width_, width);
      Eigen::Map<Eigen::VectorXd> to(out.data() + m * width_, width);
      if (diagonal_.empty()) {
        to = factor_.solve(from);
      } else {
        for (std::size_t i = 0; i < width_; ++i) to[Eigen::Index(i)] = from[Eigen::Index(i)] / diagonal_[i];
      }
    }
  }

 private:
  static constexpr double kOperations = 1e8;  ///< more are spent only on rows that the metric needs
  static constexpr double kJitter = 1e-10;    ///< relative; keeps collinear features apart

  bool Factor(const Context& context, const Objective& objective, const Vector& weight) {
    const Design& design = objective.design();
    // A sample of rows gives nearly the same metric, if it has many more rows than features.
    const std::size_t needed = 20 * design.width() / Design::kBlockRows + 1;
    const std::size_t step =
        std::min(GramStep(design, kOperations), std::max<std::size_t>(1, design.num_blocks() / needed));
    Gram gram;
    if (!ComputeGram(context, design, weight, {}, step, gram)) return false;
    width_ = gram.width;
    const auto n = static_cast<Eigen::Index>(width_);
    Eigen::Map<Eigen::MatrixXd> a(gram.values.data(), n, n);
    a *= static_cast<double>(step);
    for (std::size_t i = 0; i < width_; ++i) {
      const auto k = static_cast<Eigen::Index>(i);
      double& d = a(k, k);
      d += objective.lambda() * design.penalty()[i] + kJitter * d;
      if (!(d > 0)) d = 1;
    }
    factor_.compute(a);
    if (factor_.info() == Eigen::Success) {
      diagonal_.clear();
      return true;
    }
    diagonal_.resize(width_);
    for (std::size_t i = 0; i < width_; ++i) diagonal_[i] = a(Eigen::Index(i), Eigen::Index(i));
    return true;
  }

  bool Diagonal(const Context& context, const Objective& objective, const Vector& weight) {
    const Design& design = objective.design();
    width_ = design.width();
    const std::size_t segments = Segments(design, 8), dense = design.dense(), cats = design.cats();
    std::vector<Vector> sums(segments, Vector(width_, 0.0));
    const bool complete = design.Visit(context, segments, [&](std::size_t s, const Block& block) {
      for (std::size_t r = 0; r < block.rows; ++r) {
        const double w = weight[block.first + r];
        const double* z = block.z + r * dense;
        for (std::size_t i = 0; i < dense; ++i) sums[s][i] += w * z[i] * z[i];
        for (std::size_t c = 0; c < cats; ++c) sums[s][block.active[r * cats + c]] += w;
      }
    });
    if (!complete) return false;
    diagonal_.assign(width_, 0.0);
    for (const Vector& sum : sums) {
      for (std::size_t i = 0; i < width_; ++i) diagonal_[i] += sum[i];
    }
    for (std::size_t i = 0; i < width_; ++i) {
      diagonal_[i] += objective.lambda() * design.penalty()[i];
      if (!(diagonal_[i] > 0)) diagonal_[i] = 1;
    }
    return true;
  }

  std::size_t width_ = 0;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Vector diagonal_;  ///< empty: the factor is used
};

/// The last pairs (step, change of gradient) and the two-loop product with the inverse Hessian.
class Memory {
 public:
  void Clear() { pairs_.clear(); }
  void Add(Vector step, Vector change) {
    const double product = Product(step, change);
    if (!(product > 1e-14 * std::sqrt(Product(step, step) * Product(change, change)))) return;
    if (pairs_.size() == kPairs) pairs_.pop_front();
    pairs_.push_back({std::move(step), std::move(change), product});
  }
  void Direction(const Metric& metric, const Vector& gradient, Vector& direction) const {
    Vector q = gradient, alpha(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      alpha[i] = Product(pairs_[i].step, q) / pairs_[i].product;
      for (std::size_t j = 0; j < q.size(); ++j) q[j] -= alpha[i] * pairs_[i].change[j];
    }
    metric.Apply(q, direction);
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      Vector scaled;
      metric.Apply(last.change, scaled);
      const double ratio = last.product / Product(last.change, scaled);
      if (std::isfinite(ratio) && ratio > 0) {
        for (double& d : direction) d *= ratio;
      }
    }
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const double beta = Product(pairs_[i].change, direction) / pairs_[i].product;
      for (std::size_t j = 0; j < direction.size(); ++j) direction[j] += (alpha[i] - beta) * pairs_[i].step[j];
    }
    for (double& d : direction) d = -d;
  }

 private:
  static constexpr std::size_t kPairs = 10;
  struct Pair {
    Vector step, change;
    double product;
  };
  std::deque<Pair> pairs_;
};

}  // namespace

SolverResult Minimize(const Context& context, const Objective& objective, const SolverOptions& options,
                      std::vector<double>& theta) {
  constexpr int kRenewAfter = 12;
  SolverResult result;
  Metric metric;
  Memory memory;
  Vector gradient, direction, trial(theta.size()), trial_gradient;
  const auto stop = [&result] {
    result.stopped = true;
    return result;
  };
  if (!objective.Evaluate(context, theta, result.value, gradient)) return stop();
  const double enough = options.tolerance * options.tolerance * objective.total_weight();
  int age = kRenewAfter;
  for (; result.iterations < options.max_iterations; ++result.iterations) {
    if (age >= kRenewAfter) {
      if (!metric.Renew(context, objective, theta)) return stop();
      memory.Clear();
      age = 0;
    }
    memory.Direction(metric, gradient, direction);
    const double slope = Product(gradient, direction);
    result.converged = -slope <= enough;  // the last step is still taken
    if (!(slope < 0)) {                   // rounding at the minimum, or a metric that no longer fits
      if (age == 0) return result;
      age = kRenewAfter;
      continue;
    }
    double length = 1, value = 0;
    bool lower = false;
    for (int halving = 0; halving < 30 && !lower; ++halving) {
      for (std::size_t i = 0; i < theta.size(); ++i) trial[i] = theta[i] + length * direction[i];
      if (!objective.Evaluate(context, trial, value, trial_gradient)) return stop();
      lower = value <= result.value + 1e-4 * length * slope;
      // Near the minimum values differ by rounding only: a smaller gradient along the step decides.
      lower = lower || (value <= result.value + 1e-12 * std::abs(result.value) &&
                        std::abs(Product(trial_gradient, direction)) < 0.9 * std::abs(slope));
      if (!lower) length *= 0.4;
    }
    if (!lower) {
      if (age == 0) return result;
      age = kRenewAfter;
      continue;
    }
    Vector step(theta.size()), change(theta.size());
    for (std::size_t i = 0; i < theta.size(); ++i) {
      step[i] = trial[i] - theta[i];
      change[i] = trial_gradient[i] - gradient[i];
    }
    theta = trial;
    gradient = trial_gradient;
    result.value = value;
    memory.Add(std::move(step), std::move(change));
    ++age;
    if (result.converged) break;
  }
  return result;
}

}  // namespace tagwerk::learners::linear
