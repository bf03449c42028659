#include "ensemble/objective.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tagwerk::ensemble {
namespace {

constexpr double kClip = 1e-15;
constexpr std::size_t kBuckets = 1 << 16;

}  // namespace

Loss LossFor(const metrics::Metric& metric) {
  struct Row {
    std::string_view id;
    Loss loss;
  };
  static constexpr Row kRows[] = {
      {"auc", Loss::kAuc},
      {"average_precision", Loss::kAveragePrecision},
      {"brier", Loss::kBrier},
      {"rmse", Loss::kSquared},
      {"r2", Loss::kSquared},
      {"mae", Loss::kAbsolute},
      {"median_ae", Loss::kAbsolute},
      {"mape", Loss::kAbsoluteShare},
      {"rmsle", Loss::kSquaredLog},
  };
  for (const Row& row : kRows)
    if (row.id == metric.id) return row.loss;
  return Loss::kLog;
}

Objective::Objective(const EnsembleInput& input, Loss loss, std::span<const std::size_t> candidates,
                     std::vector<std::uint32_t> rows)
    : loss_(loss), rows_(std::move(rows)) {
  const metrics::Scored& scored = input.truth;
  const bool classes = IsClassification(scored.task);
  const std::size_t width = classes ? std::size_t(scored.num_classes) : 1;
  for (const std::uint32_t row : rows_) {
    truth_.push_back(ranking() ? double(scored.truth[row] == scored.positive) : scored.truth[row]);
    if (!scored.weight.empty()) weight_.push_back(scored.weight[row]);
    total_weight_ += scored.weight.empty() ? 1.0 : scored.weight[row];
  }
  for (const std::size_t candidate : candidates) {
    const std::span<const double> scores = input.candidates[candidate];
    std::vector<double> values(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::size_t row = rows_[i];
      const std::size_t cls = !classes ? 0 : std::size_t(ranking() ? scored.positive : int(scored.truth[row]));
      values[i] = scores[row * width + cls];
      largest_ = std::max(largest_, values[i]);
    }
    values_.push_back(std::move(values));
  }
}

double Objective::RowLoss(double value, std::size_t i) const {
  switch (loss_) {
    case Loss::kLog:
      return -std::log(std::clamp(value, kClip, 1 - kClip));
    case Loss::kBrier:
      return (1 - value) * (1 - value);
    case Loss::kSquared:
      return (truth_[i] - value) * (truth_[i] - value);
    case Loss::kAbsolute:
      return std::abs(truth_[i] - value);
    case Loss::kAbsoluteShare:
      return std::abs(truth_[i] - value) / std::abs(truth_[i]);
    case Loss::kSquaredLog: {
      const double gap = std::log1p(truth_[i]) - std::log1p(std::max(value, 0.0));
      return gap * gap;
    }
    case Loss::kAuc:
    case Loss::kAveragePrecision:
      break;
  }
  return 0;
}

double Objective::After(std::span<const double> sum, std::size_t candidate, double count) const {
  const std::span<const double> add = values_[candidate];
  if (ranking()) return RankAfter(sum, add, count);
  if (loss_ == Loss::kLog && weight_.empty()) return LogAfter(sum, add, count);
  double loss = 0;
  for (std::size_t i = 0; i < add.size(); ++i)
    loss += (weight_.empty() ? 1.0 : weight_[i]) * RowLoss((sum[i] + add[i]) / count, i);
  return loss / total_weight_;
}

// One logarithm for sixteen rows: the product of as many clipped probabilities is at least 1e-240.
double Objective::LogAfter(std::span<const double> sum, std::span<const double> add, double count) const {
  double loss = 0;
  for (std::size_t begin = 0; begin < add.size(); begin += 16) {
    double product = 1;
    for (std::size_t i = begin; i < std::min(add.size(), begin + 16); ++i)
      product *= std::clamp((sum[i] + add[i]) / count, kClip, 1 - kClip);
    loss -= std::log(product);
  }
  return loss / total_weight_;
}

double Objective::RankAfter(std::span<const double> sum, std::span<const double> add, double count) const {
  std::vector<double> positive(kBuckets, 0.0), negative(kBuckets, 0.0);
  const double scale = largest_ > 0 ? double(kBuckets - 1) / (largest_ * count) : 0;
  for (std::size_t i = 0; i < add.size(); ++i) {
    const auto bucket = std::size_t(std::max(0.0, (sum[i] + add[i]) * scale));
    (truth_[i] > 0 ? positive : negative)[std::min(bucket, kBuckets - 1)] += weight_.empty() ? 1.0 : weight_[i];
  }
  double hits = 0, misses = 0, pairs = 0, precision = 0;
  for (std::size_t b = kBuckets; b-- > 0;) {
    pairs += negative[b] * (hits + positive[b] / 2);
    hits += positive[b];
    misses += negative[b];
    if (positive[b] > 0) precision += positive[b] * hits / (hits + misses);
  }
  if (!(hits > 0 && misses > 0)) return 1;
  return 1 - (loss_ == Loss::kAuc ? pairs / (hits * misses) : precision / hits);
}

double Objective::PairedError(std::span<const double> sum, double a, std::span<const double> other, double b) const {
  if (ranking() || rows() < 2) return 0;
  double mean = 0, squares = 0;
  for (std::size_t i = 0; i < rows(); ++i) {
    const double gap = RowLoss(sum[i] / a, i) - RowLoss(other[i] / b, i);
    const double delta = gap - mean;
    mean += delta / double(i + 1);
    squares += delta * (gap - mean);
  }
  return std::sqrt(squares / double(rows() - 1) / double(rows()));
}

}  // namespace tagwerk::ensemble
