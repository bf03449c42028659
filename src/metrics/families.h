// What the metric families share: row weights, finiteness, and one constructor per metric.
// Internal to this folder; others use metrics.h.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "metrics/metrics.h"

namespace tagwerk::metrics {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
/// Probabilities are kept this far from 0 and 1 before their logarithm is taken.
inline constexpr double kLogClip = 1e-15;

/// Weight of a row in a resample: its own weight times how often it was drawn.
class RowWeights {
 public:
  RowWeights(std::span<const double> weight, std::span<const std::uint8_t> counts) : weight_(weight), counts_(counts) {}
  double operator[](std::size_t row) const {
    const double count = counts_.empty() ? 1.0 : double(counts_[row]);
    return weight_.empty() ? count : count * weight_[row];
  }

 private:
  std::span<const double> weight_;
  std::span<const std::uint8_t> counts_;
};

/// Always NaN: scores that are not finite, no rows, a truth that the metric does not cover.
std::unique_ptr<Resampled> Undefined();
bool AllFinite(std::span<const double> values);
/// Returns the number of rows, having checked that truth, scores and weight fit together.
std::size_t CheckedRows(const Scored& scored);
/// Returns the probability of the positive class of every row (binary).
std::vector<double> PositiveScores(const Scored& scored);
/// Returns whether each row is of the positive class.
std::vector<std::uint8_t> IsPositive(const Scored& scored);

/// sum(w loss) / sum(w), or its square root.
std::unique_ptr<Resampled> MeanOf(const Scored& scored, std::vector<double> losses, bool root = false);

// binary.cc
std::unique_ptr<Resampled> Auc(const Scored& scored);
std::unique_ptr<Resampled> AveragePrecision(const Scored& scored);
std::unique_ptr<Resampled> Brier(const Scored& scored);
std::unique_ptr<Resampled> F1(const Scored& scored);
std::unique_ptr<Resampled> Precision(const Scored& scored);
std::unique_ptr<Resampled> Recall(const Scored& scored);
// multiclass.cc: these serve binary tasks too, except the last three
std::unique_ptr<Resampled> LogLoss(const Scored& scored);
std::unique_ptr<Resampled> Accuracy(const Scored& scored);
std::unique_ptr<Resampled> BalancedAccuracy(const Scored& scored);
std::unique_ptr<Resampled> Mcc(const Scored& scored);
std::unique_ptr<Resampled> ExpectedCalibrationError(const Scored& scored);
std::unique_ptr<Resampled> F1Macro(const Scored& scored);
std::unique_ptr<Resampled> AucOneVersusRest(const Scored& scored);
std::unique_ptr<Resampled> Kappa(const Scored& scored);
// regression.cc
std::unique_ptr<Resampled> Rmse(const Scored& scored);
std::unique_ptr<Resampled> Mae(const Scored& scored);
std::unique_ptr<Resampled> R2(const Scored& scored);
std::unique_ptr<Resampled> Mape(const Scored& scored);
std::unique_ptr<Resampled> MedianAe(const Scored& scored);
std::unique_ptr<Resampled> Rmsle(const Scored& scored);

}  // namespace tagwerk::metrics
