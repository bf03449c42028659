#include "metrics/families.h"

#include <array>

#include "base/error.h"

namespace tagwerk::metrics {
namespace {

class UndefinedMetric : public Resampled {
 public:
  double At(std::span<const std::uint8_t>) const override { return kUndefined; }
  double Cost() const override { return 0; }
};

class MeanMetric : public Resampled {
 public:
  MeanMetric(std::span<const double> weight, std::vector<double> losses, bool root)
      : weight_(weight), losses_(std::move(losses)), root_(root) {}

  double At(std::span<const std::uint8_t> counts) const override {
    const RowWeights weights(weight_, counts);
    std::array<double, 4> sum{}, total{};  // four chains: the additions do not wait for each other
    const std::size_t n = losses_.size(), whole = n - n % 4;
    for (std::size_t i = 0; i < whole; i += 4)
      for (std::size_t lane = 0; lane < 4; ++lane) Add(weights, i + lane, sum[lane], total[lane]);
    for (std::size_t i = whole; i < n; ++i) Add(weights, i, sum[0], total[0]);
    const double all = (total[0] + total[1]) + (total[2] + total[3]);
    if (!(all > 0)) return kUndefined;
    const double mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / all;
    return root_ ? std::sqrt(mean) : mean;
  }
  double Cost() const override { return double(losses_.size()); }

 private:
  void Add(const RowWeights& weights, std::size_t row, double& sum, double& total) const {
    const double w = weights[row];
    sum += w * losses_[row];
    total += w;
  }

  std::span<const double> weight_;
  std::vector<double> losses_;
  bool root_;
};

}  // namespace

std::unique_ptr<Resampled> Undefined() { return std::make_unique<UndefinedMetric>(); }

bool AllFinite(std::span<const double> values) {
  for (const double v : values)
    if (!std::isfinite(v)) return false;
  return true;
}

std::size_t CheckedRows(const Scored& scored) {
  const std::size_t n = scored.truth.size();
  const std::size_t width = IsClassification(scored.task) ? std::size_t(scored.num_classes) : 1;
  TW_CHECK(scored.scores.size() == n * width);
  TW_CHECK(scored.weight.empty() || scored.weight.size() == n);
  TW_CHECK(scored.task != Task::kBinary || (scored.num_classes == 2 && scored.positive >= 0 && scored.positive <= 1));
  if (IsClassification(scored.task))
    for (const double t : scored.truth) TW_CHECK(t >= 0 && t < scored.num_classes);
  return n;
}

std::vector<double> PositiveScores(const Scored& scored) {
  const std::size_t n = scored.truth.size();
  std::vector<double> scores(n);
  for (std::size_t i = 0; i < n; ++i) scores[i] = scored.scores[2 * i + std::size_t(scored.positive)];
  return scores;
}

std::vector<std::uint8_t> IsPositive(const Scored& scored) {
  std::vector<std::uint8_t> positive(scored.truth.size());
  for (std::size_t i = 0; i < positive.size(); ++i) positive[i] = scored.truth[i] == scored.positive;
  return positive;
}

std::unique_ptr<Resampled> MeanOf(const Scored& scored, std::vector<double> losses, bool root) {
  if (losses.empty() || !AllFinite(losses)) return Undefined();
  return std::make_unique<MeanMetric>(scored.weight, std::move(losses), root);
}

}  // namespace tagwerk::metrics
