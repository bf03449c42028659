// From sums over trees to predictions.
#include <algorithm>
#include <cmath>
#include <limits>

#include "learners/trees/exponential.h"
#include "learners/trees/forest_model.h"

namespace tagwerk::learners::trees {

namespace {

void FinishClasses(const Forest& forest, const double* sum, double divisor, double* to) {
  double most = -std::numeric_limits<double>::infinity();
  for (std::uint32_t k = 0; k < forest.outputs; ++k) {
    to[k] = forest.start[k] + sum[k] / divisor;
    most = std::max(most, to[k]);
  }
  double total = 0;
  for (std::uint32_t k = 0; k < forest.outputs; ++k) {
    if (forest.transform == Transform::kSoftmax) to[k] = Exponential(to[k] - most);
    total += to[k];
  }
  for (std::uint32_t k = 0; k < forest.outputs; ++k) to[k] = total > 0 ? to[k] / total : 1.0 / forest.outputs;
}

}  // namespace

void FinishScores(const Forest& forest, std::size_t trees, const double* sums, std::size_t n, double* out) {
  const std::uint32_t scores = forest.scores();
  const bool mean = forest.transform >= Transform::kMean && forest.transform <= Transform::kMeanClasses;
  const double divisor = mean ? double(std::max<std::size_t>(1, trees)) : 1.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double* sum = sums + i * scores;
    double* to = out + i * forest.outputs;
    switch (forest.transform) {
      case Transform::kIdentity:
      case Transform::kMean:
        to[0] = forest.start[0] + sum[0] / divisor;
        break;
      case Transform::kExponential:
        to[0] = std::exp(forest.start[0] + sum[0]);
        break;
      case Transform::kSignedSquare: {
        const double root = forest.start[0] + sum[0];
        to[0] = root * std::abs(root);
        break;
      }
      case Transform::kMeanBinary: {
        const double p = std::clamp(forest.start[0] + sum[0] / divisor, 0.0, 1.0);
        to[0] = 1 - p;
        to[1] = p;
        break;
      }
      case Transform::kLogistic: {
        const double score = forest.start[0] + sum[0];
        const double e = Exponential(-std::abs(score));
        to[score >= 0 ? 1 : 0] = 1 / (1 + e);
        to[score >= 0 ? 0 : 1] = e / (1 + e);
        break;
      }
      case Transform::kProbability: {
        const double score = forest.start[0] + sum[0];
        const double e = Exponential(-std::abs(score));
        to[0] = (score >= 0 ? 1 : e) / (1 + e);
        break;
      }
      case Transform::kSorted:
        for (std::uint32_t k = 0; k < scores; ++k) to[k] = forest.start[k] + sum[k];
        std::sort(to, to + scores);
        break;
      case Transform::kSoftmax:
      case Transform::kMeanClasses:
        FinishClasses(forest, sum, divisor, to);
        break;
    }
  }
}

}  // namespace tagwerk::learners::trees
