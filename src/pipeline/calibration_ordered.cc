// Classes with an order: a threshold model on the expected step, McCullagh 1980's proportional odds.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/calibration_fit.h"
#include "pipeline/logit.h"

namespace tagwerk::pipeline {
namespace {

constexpr int kMostScorings = 60;
constexpr double kRidge = 1e-6;  ///< of the information matrix, per row
constexpr std::size_t kMostClasses = 50;

/// Expected step and step of the truth of the rows of a fit.
struct Steps {
  std::vector<double> expected;
  std::vector<std::size_t> truth;
  std::size_t classes = 0;
};

Steps ExpectedSteps(const CalibrationData& data) {
  Steps out;
  out.classes = static_cast<std::size_t>(data.num_classes);
  for (const std::size_t row : data.rows) {
    double mean = 0;
    for (std::size_t k = 0; k < out.classes; ++k) mean += data.probabilities[row * out.classes + k] * data.ranks[k];
    out.expected.push_back(mean);
    out.truth.push_back(static_cast<std::size_t>(data.ranks[static_cast<std::size_t>(data.truth[row])]));
  }
  return out;
}

/// Thresholds, then the slope: parameters of P(step <= j) = sigmoid(threshold_j - slope * expected step).
using OddsParameters = std::vector<double>;

double Cumulative(const OddsParameters& p, std::size_t j, double expected) {
  return j + 1 < p.size() ? Sigmoid(p[j] - p.back() * expected) : 1.0;
}

/// Mean log loss; infinite where thresholds are out of order.
double OddsLoss(const Steps& steps, const OddsParameters& p) {
  for (std::size_t j = 0; j + 2 < p.size(); ++j)
    if (!(p[j] < p[j + 1])) return INFINITY;
  double sum = 0;
  for (std::size_t i = 0; i < steps.truth.size(); ++i) {
    const std::size_t j = steps.truth[i];
    const double below = j == 0 ? 0 : Cumulative(p, j - 1, steps.expected[i]);
    sum -= std::log(ClipProbability(Cumulative(p, j, steps.expected[i]) - below));
  }
  return sum / double(steps.truth.size());
}

/// Solves the symmetric positive system a x = b in place (Cholesky); false when it is not positive.
bool SolvePositive(std::vector<double>& a, std::vector<double>& b) {
  const std::size_t n = b.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      if (i == j && !(sum > 0)) return false;
      a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return true;
}

/// Direction of Fisher scoring: expected information times step = gradient of the log likelihood.
bool ScoringStep(const Steps& steps, const OddsParameters& p, std::vector<double>& step) {
  const std::size_t m = p.size();
  std::vector<double> information(m * m, 0.0);
  step.assign(m, 0.0);
  for (std::size_t i = 0; i < steps.truth.size(); ++i) {
    const double s = steps.expected[i];
    double before = 0, slope_before = 0;
    for (std::size_t j = 0; j < steps.classes; ++j) {
      const double now = Cumulative(p, j, s), slope = j + 1 < m ? now * (1 - now) : 0;
      const double share = std::max(now - before, 1e-12);
      // Derivatives of the probability of step j: by its own threshold, by the one below, by the slope.
      const std::size_t at[3] = {j, j - 1, m - 1};
      const double by[3] = {slope, -slope_before, -s * (slope - slope_before)};
      for (int a = 0; a < 3; ++a) {
        if ((a == 0 && j + 1 >= m) || (a == 1 && j == 0)) continue;
        if (steps.truth[i] == j) step[at[a]] += by[a] / share;
        for (int b = 0; b < 3; ++b) {
          if ((b == 0 && j + 1 >= m) || (b == 1 && j == 0)) continue;
          information[at[a] * m + at[b]] += by[a] * by[b] / share;
        }
      }
      before = now;
      slope_before = slope;
    }
  }
  for (std::size_t j = 0; j < m; ++j) information[j * m + j] += kRidge * double(steps.truth.size());
  return SolvePositive(information, step);
}

/// Shares of the steps with a slope of 1 as a start: thresholds that would be right without any difference.
OddsParameters StartOdds(const Steps& steps) {
  OddsParameters p(steps.classes, 1.0);
  std::vector<double> count(steps.classes, 0.5);
  for (const std::size_t j : steps.truth) count[j] += 1;
  const double total = std::accumulate(count.begin(), count.end(), 0.0);
  const double mean = std::accumulate(steps.expected.begin(), steps.expected.end(), 0.0) / double(steps.truth.size());
  double below = 0;
  for (std::size_t j = 0; j + 1 < steps.classes; ++j) {
    below += count[j];
    p[j] = Logit(below / total) + mean;
  }
  return p;
}

OddsParameters FitThresholds(const Steps& steps) {
  OddsParameters p = StartOdds(steps);
  double loss = OddsLoss(steps, p);
  std::vector<double> step;
  for (int i = 0; i < kMostScorings && ScoringStep(steps, p, step); ++i) {
    double length = 1, next_loss = INFINITY;
    OddsParameters next;
    for (; length > 1e-6; length /= 2) {
      next = p;
      for (std::size_t j = 0; j < p.size(); ++j) next[j] += length * step[j];
      next_loss = OddsLoss(steps, next);
      if (next_loss < loss) break;
    }
    if (!(next_loss < loss)) break;
    const bool close = loss - next_loss < 1e-10 * std::abs(loss);
    p = next;
    loss = next_loss;
    if (close) break;
  }
  return p;
}

double OddsLossShare(const CalibrationData& data, Calibration map, double share) {
  map.b = share;
  const auto width = static_cast<std::size_t>(data.num_classes);
  std::vector<double> row(width);
  double sum = 0;
  for (const std::size_t i : data.rows) {
    const auto from = data.probabilities.begin() + std::ptrdiff_t(i * width);
    std::copy(from, from + std::ptrdiff_t(width), row.begin());
    map.Apply(row, data.num_classes);
    sum -= std::log(ClipProbability(row[static_cast<std::size_t>(data.truth[i])]));
  }
  return sum;
}

}  // namespace

Calibration FitOrdered(const CalibrationData& data) {
  Calibration out;
  if (data.num_classes < 3 || std::size_t(data.num_classes) > kMostClasses) return out;
  const OddsParameters p = FitThresholds(ExpectedSteps(data));
  out.kind = Calibration::Kind::kOrdered;
  out.x.assign(p.begin(), p.end() - 1);
  out.a = p.back();
  out.ranks.assign(data.ranks.begin(), data.ranks.end());
  double best = INFINITY, best_share = 0;
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const double loss = OddsLossShare(data, out, share);
    if (loss < best) {
      best = loss;
      best_share = share;
    }
  }
  out.b = best_share;
  return out;
}

}  // namespace tagwerk::pipeline
