// What the greedy selection minimises: for every candidate one number per row is enough (the probability
// of the true class, of the positive class, or the prediction), so that trying a candidate costs O(n)
// whatever the number of classes. Internal to this folder.
#pragma once

#include <span>
#include <vector>

#include "ensemble/ensemble.h"

namespace tagwerk::ensemble {

enum class Loss {
  kLog,    ///< -ln p(true class)
  kBrier,  ///< (1 - p(true class))^2
  kSquared,
  kAbsolute,
  kAbsoluteShare,     ///< |y - p| / |y|
  kSquaredLog,        ///< of ln(1 + value)
  kAuc,               ///< 1 - auc from 2^16 buckets
  kAveragePrecision,  ///< 1 - average precision from the same buckets
};

/// Returns the loss that stands for a metric: itself where it can be summed or bucketed, log loss for
/// metrics of decisions (they jump), absolute error for the median error.
Loss LossFor(const metrics::Metric& metric);

/// Candidates reduced to one value per row on the rows that the selection looks at.
class Objective {
 public:
  Objective(const EnsembleInput& input, Loss loss, std::span<const std::size_t> candidates,
            std::vector<std::uint32_t> rows);

  std::size_t rows() const { return rows_.size(); }
  std::size_t candidates() const { return values_.size(); }
  std::span<const double> values(std::size_t candidate) const { return values_[candidate]; }
  /// Returns the loss of (sum + candidate's values) / count. Thread-safe.
  double After(std::span<const double> sum, std::size_t candidate, double count) const;
  /// Returns the standard error of the paired difference of the mean losses of sum / a and other / b;
  /// for ranking losses 0.
  double PairedError(std::span<const double> sum, double a, std::span<const double> other, double b) const;

 private:
  double RowLoss(double value, std::size_t i) const;
  double LogAfter(std::span<const double> sum, std::span<const double> add, double count) const;
  double RankAfter(std::span<const double> sum, std::span<const double> add, double count) const;
  bool ranking() const { return loss_ == Loss::kAuc || loss_ == Loss::kAveragePrecision; }

  Loss loss_;
  std::vector<std::uint32_t> rows_;
  std::vector<double> truth_, weight_;  ///< weight_ is empty when all are 1
  std::vector<std::vector<double>> values_;
  double total_weight_ = 0, largest_ = 0;
};

}  // namespace tagwerk::ensemble
