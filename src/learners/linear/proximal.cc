// Coordinate descent, proximal Newton and accelerated proximal gradient.
#include "learners/linear/proximal.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::learners::linear {
namespace {

using Vector = std::vector<double>;

double Shrink(double v, double by) { return v > by ? v - by : (v < -by ? v + by : 0.0); }

/// One sweep; gradient = A x + linear + ridge x is kept up to date. Returns the largest descent.
double Sweep(const Quadratic& q, const std::vector<std::size_t>& coordinates, Vector& x, Vector& gradient) {
  double most = 0;
  for (const std::size_t j : coordinates) {
    const double curvature = q.a[j * q.width + j] + q.ridge[j];
    if (!(curvature > 0)) continue;
    const double moved = Shrink(x[j] * curvature - gradient[j], q.lasso[j]) / curvature;
    const double step = moved - x[j];
    if (step == 0 || !std::isfinite(step)) continue;
    x[j] = moved;
    const double* row = q.a + j * q.width;
    for (std::size_t i = 0; i < q.width; ++i) gradient[i] += step * row[i];
    gradient[j] += step * q.ridge[j];
    most = std::max(most, curvature * step * step);
  }
  return most;
}

/// Sum of penalty terms; weights per feature, the same for all margins.
double Absolute(const Vector& lasso, const Vector& theta) {
  double sum = 0;
  for (std::size_t i = 0; i < theta.size(); ++i) sum += lasso[i % lasso.size()] * std::abs(theta[i]);
  return sum;
}

Vector LassoWeights(const Objective& objective, double lasso) {
  Vector weights = objective.design().penalty();
  for (double& w : weights) w = lasso * std::sqrt(w);
  return weights;
}

/// A target point for each margin: the minimum of the quadratic at theta. False if stopped.
bool NewtonPoint(const Context& context, const Objective& objective, const Vector& lasso, const Vector& theta,
                 const Vector& gradient, double enough, Vector& point) {
  const Design& design = objective.design();
  Vector weight;
  Gram gram;
  if (!objective.Curvature(context, theta, weight)) return false;
  if (!ComputeGram(context, design, weight, {}, 1, gram)) return false;
  const std::size_t width = design.width();
  Quadratic q;
  q.a = gram.values.data();
  q.width = width;
  q.lasso = lasso;
  q.ridge = design.penalty();
  for (double& r : q.ridge) r *= objective.lambda();
  q.free.assign(width, 1);
  q.free[width - 1] = 0;
  point = theta;
  for (std::size_t m = 0; m < objective.margins(); ++m) {
    const Vector start(theta.begin() + std::ptrdiff_t(m * width), theta.begin() + std::ptrdiff_t((m + 1) * width));
    q.linear.assign(gradient.begin() + std::ptrdiff_t(m * width), gradient.begin() + std::ptrdiff_t((m + 1) * width));
    for (std::size_t i = 0; i < width; ++i) {
      if (start[i] == 0) continue;
      for (std::size_t j = 0; j < width; ++j) q.linear[j] -= gram.at(i, j) * start[i];
      q.linear[i] -= q.ridge[i] * start[i];
    }
    Vector x = start;
    if (!DescendCoordinates(context, q, enough, 200, x)) return false;
    std::copy(x.begin(), x.end(), point.begin() + std::ptrdiff_t(m * width));
  }
  return true;
}

SolverResult ProximalNewton(const Context& context, const Objective& objective, const Vector& lasso,
                            const SolverOptions& options, Vector& theta) {
  SolverResult result;
  result.stopped = true;
  Vector gradient, point, trial(theta.size()), trial_gradient;
  double smooth = 0;
  if (!objective.Evaluate(context, theta, smooth, gradient)) return result;
  result.value = smooth + Absolute(lasso, theta);
  const double enough = options.tolerance * options.tolerance * objective.total_weight();
  for (; result.iterations < options.max_iterations; ++result.iterations) {
    if (!NewtonPoint(context, objective, lasso, theta, gradient, enough * 1e-2, point)) return result;
    // Predicted change of value: gradient along the step plus the change of the absolute terms.
    double slope = Absolute(lasso, point) - Absolute(lasso, theta);
    for (std::size_t i = 0; i < theta.size(); ++i) slope += gradient[i] * (point[i] - theta[i]);
    result.converged = -slope <= enough;
    if (!(slope < 0)) break;
    double length = 1, value = 0;
    bool lower = false;
    for (int halving = 0; halving < 30 && !lower; ++halving) {
      for (std::size_t i = 0; i < theta.size(); ++i) trial[i] = theta[i] + length * (point[i] - theta[i]);
      if (!objective.Evaluate(context, trial, smooth, trial_gradient)) return result;
      value = smooth + Absolute(lasso, trial);
      lower = value <= result.value + 1e-4 * length * slope;
      if (!lower) length *= 0.5;
    }
    if (!lower) break;
    theta = trial;
    gradient = trial_gradient;
    result.value = value;
    if (result.converged) break;
  }
  result.stopped = false;
  return result;
}

/// Diagonal of the Hessian of the smooth part, per feature; false if stopped.
bool DiagonalCurvature(const Context& context, const Objective& objective, const Vector& theta, Vector& diagonal) {
  const Design& design = objective.design();
  Vector weight;
  if (!objective.Curvature(context, theta, weight)) return false;
  const std::size_t segments = Segments(design, 8), dense = design.dense(), cats = design.cats();
  std::vector<Vector> sums(segments, Vector(design.width(), 0.0));
  const bool complete = design.Visit(context, segments, [&](std::size_t s, const Block& block) {
    for (std::size_t r = 0; r < block.rows; ++r) {
      const double w = weight[block.first + r];
      const double* z = block.z + r * dense;
      for (std::size_t i = 0; i < dense; ++i) sums[s][i] += w * z[i] * z[i];
      for (std::size_t c = 0; c < cats; ++c) sums[s][block.active[r * cats + c]] += w;
    }
  });
  if (!complete) return false;
  diagonal.assign(design.width(), 0.0);
  for (const Vector& sum : sums) {
    for (std::size_t i = 0; i < sum.size(); ++i) diagonal[i] += sum[i];
  }
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    diagonal[i] += objective.lambda() * design.penalty()[i];
    if (!(diagonal[i] > 0)) diagonal[i] = 1;
  }
  return true;
}

SolverResult AcceleratedGradient(const Context& context, const Objective& objective, const Vector& lasso,
                                 const SolverOptions& options, Vector& theta) {
  SolverResult result;
  result.stopped = true;
  const std::size_t width = objective.design().width();
  Vector diagonal, gradient, ahead = theta, next(theta.size()), next_gradient;
  if (!DiagonalCurvature(context, objective, theta, diagonal)) return result;
  double curvature = 1, momentum = 1, value = 0, next_value = 0;
  const double enough = options.tolerance * options.tolerance * objective.total_weight();
  for (; result.iterations < options.max_iterations * 5; ++result.iterations) {
    if (!objective.Evaluate(context, ahead, value, gradient)) return result;
    double moved = 0, predicted = 0, restart = 0;
    for (int doubling = 0; doubling < 40; ++doubling, curvature *= 2) {
      moved = predicted = restart = 0;
      for (std::size_t i = 0; i < theta.size(); ++i) {
        const double h = curvature * diagonal[i % width];
        next[i] = Shrink(ahead[i] - gradient[i] / h, lasso[i % width] / h);
        const double step = next[i] - ahead[i];
        predicted += gradient[i] * step + 0.5 * h * step * step;
        moved += diagonal[i % width] * (next[i] - theta[i]) * (next[i] - theta[i]);
        restart += diagonal[i % width] * (ahead[i] - next[i]) * (next[i] - theta[i]);
      }
      if (!objective.Evaluate(context, next, next_value, next_gradient)) return result;
      if (next_value <= value + predicted + 1e-12 * std::abs(value)) break;
    }
    // Momentum that points uphill is dropped (O'Donoghue and Candes 2015).
    const double next_momentum = restart > 0 ? 1 : (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
    const double push = restart > 0 ? 0 : (momentum - 1) / next_momentum;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      ahead[i] = next[i] + push * (next[i] - theta[i]);
      theta[i] = next[i];
    }
    momentum = next_momentum;
    result.value = next_value + Absolute(lasso, theta);
    result.converged = moved <= enough * 1e-2;
    if (result.converged) break;
  }
  result.stopped = false;
  return result;
}

}  // namespace

bool DescendCoordinates(const Context& context, const Quadratic& q, double enough, int max_sweeps,
                        std::vector<double>& x) {
  Vector gradient = q.linear;
  std::vector<std::size_t> all, active;
  for (std::size_t j = 0; j < q.width; ++j) {
    if (q.free[j]) all.push_back(j);
    gradient[j] += q.ridge[j] * x[j];
    if (x[j] == 0) continue;
    const double* row = q.a + j * q.width;
    for (std::size_t i = 0; i < q.width; ++i) gradient[i] += x[j] * row[i];
  }
  for (int sweep = 0; sweep < max_sweeps; ++sweep) {
    if (context.ShouldStop()) return false;
    if (Sweep(q, all, x, gradient) <= enough) return true;
    active.clear();
    for (const std::size_t j : all) {
      if (x[j] != 0) active.push_back(j);
    }
    for (; sweep < max_sweeps && Sweep(q, active, x, gradient) > enough; ++sweep) {
    }
  }
  return true;
}

SolverResult MinimizeWithAbsolutePenalty(const Context& context, const Objective& objective, double lasso,
                                         const SolverOptions& options, std::vector<double>& theta) {
  const Vector weights = LassoWeights(objective, lasso);
  if (objective.design().width() <= kMostFactored) {
    return ProximalNewton(context, objective, weights, options, theta);
  }
  return AcceleratedGradient(context, objective, weights, options, theta);
}

}  // namespace tagwerk::learners::linear
