// Metrics of predicted numbers.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/families.h"

namespace tagwerk::metrics {
namespace {

template <class Loss>
std::unique_ptr<Resampled> MeanLoss(const Scored& scored, Loss loss, bool root = false) {
  const std::size_t n = CheckedRows(scored);
  std::vector<double> losses(n);
  for (std::size_t i = 0; i < n; ++i) losses[i] = loss(scored.truth[i], scored.scores[i]);
  return MeanOf(scored, std::move(losses), root);
}

class R2Metric : public Resampled {
 public:
  explicit R2Metric(const Scored& scored) : weight_(scored.weight) {
    const std::size_t n = scored.truth.size();
    // Sums of squares about a fixed centre near the mean lose no digits.
    const double centre = std::accumulate(scored.truth.begin(), scored.truth.end(), 0.0) / double(n);
    deviation_.resize(n);
    square_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double residual = scored.truth[i] - scored.scores[i];
      deviation_[i] = scored.truth[i] - centre;
      square_[i] = residual * residual;
    }
    constant_ = std::equal(scored.truth.begin() + 1, scored.truth.end(), scored.truth.begin());
  }
  double At(std::span<const std::uint8_t> counts) const override {
    const RowWeights weights(weight_, counts);
    double total = 0, sum = 0, squares = 0, residuals = 0;
    for (std::size_t i = 0; i < square_.size(); ++i) {
      const double w = weights[i];
      total += w;
      sum += w * deviation_[i];
      squares += w * deviation_[i] * deviation_[i];
      residuals += w * square_[i];
    }
    const double spread = squares - sum * sum / total;
    // Below the rounding of its terms the spread is that of a constant.
    if (constant_ || !(total > 0) || !(spread > 1e-14 * squares)) return kUndefined;
    return 1 - residuals / spread;
  }
  double Cost() const override { return 2.0 * double(square_.size()); }

 private:
  std::span<const double> weight_;
  std::vector<double> deviation_, square_;
  bool constant_;
};

// The weighted median as the mean of the lower and the upper one, which without weights is the usual.
class MedianMetric : public Resampled {
 public:
  explicit MedianMetric(const Scored& scored) : weight_(scored.weight), rows_(scored.truth.size()) {
    errors_.resize(rows_.size());
    for (std::size_t i = 0; i < errors_.size(); ++i) errors_[i] = std::abs(scored.truth[i] - scored.scores[i]);
    std::iota(rows_.begin(), rows_.end(), 0u);
    std::sort(rows_.begin(), rows_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return errors_[a] != errors_[b] ? errors_[a] < errors_[b] : a < b;
    });
  }
  double At(std::span<const std::uint8_t> counts) const override {
    const RowWeights weights(weight_, counts);
    double total = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) total += weights[i];
    if (!(total > 0)) return kUndefined;
    double below = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      below += weights[rows_[i]];
      if (below > total / 2) return errors_[rows_[i]];
      if (below == total / 2) return (errors_[rows_[i]] + NextError(i + 1, weights)) / 2;
    }
    return errors_[rows_.back()];
  }
  double Cost() const override { return 2.0 * double(rows_.size()); }

 private:
  double NextError(std::size_t i, const RowWeights& weights) const {
    while (i + 1 < rows_.size() && !(weights[rows_[i]] > 0)) ++i;
    return errors_[rows_[std::min(i, rows_.size() - 1)]];
  }

  std::span<const double> weight_;
  std::vector<std::uint32_t> rows_;
  std::vector<double> errors_;
};

}  // namespace

std::unique_ptr<Resampled> Rmse(const Scored& scored) {
  return MeanLoss(scored, [](double y, double p) { return (y - p) * (y - p); }, true);
}

std::unique_ptr<Resampled> Mae(const Scored& scored) {
  return MeanLoss(scored, [](double y, double p) { return std::abs(y - p); });
}

std::unique_ptr<Resampled> R2(const Scored& scored) {
  if (CheckedRows(scored) < 2 || !AllFinite(scored.scores) || !AllFinite(scored.truth)) return Undefined();
  return std::make_unique<R2Metric>(scored);
}

std::unique_ptr<Resampled> Mape(const Scored& scored) {
  return MeanLoss(scored, [](double y, double p) { return std::abs(y - p) / std::abs(y); });
}

std::unique_ptr<Resampled> MedianAe(const Scored& scored) {
  if (CheckedRows(scored) == 0 || !AllFinite(scored.scores) || !AllFinite(scored.truth)) return Undefined();
  return std::make_unique<MedianMetric>(scored);
}

std::unique_ptr<Resampled> Rmsle(const Scored& scored) {
  return MeanLoss(
      scored,
      [](double y, double p) {
        if (y < 0) return kUndefined;
        const double gap = std::log1p(y) - std::log1p(p < 0 ? 0 : p);
        return gap * gap;
      },
      true);
}

}  // namespace tagwerk::metrics
