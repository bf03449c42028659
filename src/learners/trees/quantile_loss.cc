// Absolute error and the pinball loss of one or several quantiles (Koenker & Bassett 1978); leaves take the
// weighted median or quantile of their residuals (Friedman 2001, LAD_TreeBoost). Several quantiles of one row may
// cross where data is thin: predictions are sorted, which never worsens them (Chernozhukov et al. 2010).
#include "learners/trees/losses.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

class Pinball : public RowObjective {
 public:
  Pinball(const model::TrainingData& data, const TrainingRows& rows, std::vector<double> quantiles)
      : RowObjective(data, rows), quantiles_(std::move(quantiles)) {}
  int outputs() const override { return int(quantiles_.size()); }
  Transform transform() const override { return quantiles_.size() > 1 ? Transform::kSorted : Transform::kIdentity; }
  bool unit_hessian() const override { return !weighted(); }
  bool renews_leaves() const override { return true; }
  std::vector<double> StartValues() const override {
    std::vector<Weighed> all;
    for (const RowIndex r : rows_.train) all.push_back({y(r), w(r)});
    std::vector<double> values;
    for (const double quantile : quantiles_) values.push_back(WeightedQuantile(all, quantile));
    return values;
  }
  void Gradients(const std::vector<Scores>& scores, int output, Pool* pool, GradientPlane& plane) const override {
    const double quantile = quantiles_[std::size_t(output)];
    const Scores& s = scores[std::size_t(output)];
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      for (std::size_t k = b; k < e; ++k) {
        const RowIndex r = rows_.train[k];
        const double d = s[r] - y(r);
        const double slope = d > 0 ? 2 * (1 - quantile) : d < 0 ? -2 * quantile : 0;
        plane.real[r] = {w(r) * static_cast<float>(slope), w(r)};
      }
    });
  }
  double LeafValue(const std::vector<Scores>& scores, int output, RowSpan rows) const override {
    std::vector<Weighed> residuals;
    residuals.reserve(rows.size());
    for (const RowIndex r : rows) residuals.push_back({y(r) - scores[std::size_t(output)][r], w(r)});
    return WeightedQuantile(residuals, quantiles_[std::size_t(output)]);
  }
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    double sum = 0;
    for (std::size_t k = 0; k < quantiles_.size(); ++k) {
      for (const RowIndex r : rows) {
        const double d = y(r) - scores[k][r];
        sum += w(r) * 2 * (d > 0 ? quantiles_[k] * d : (quantiles_[k] - 1) * d);
      }
    }
    return sum / SumWeights(rows) / double(quantiles_.size());
  }

 private:
  std::vector<double> quantiles_;  // ascending
};

}  // namespace

MadeObjective MakeAbsolute(const model::TrainingData& data, const TrainingRows& rows, const LossSettings&) {
  return std::make_unique<Pinball>(data, rows, std::vector<double>{0.5});
}

MadeObjective MakeQuantile(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings) {
  const std::vector<double>& several = settings.quantiles;
  return std::make_unique<Pinball>(data, rows, several.empty() ? std::vector<double>{settings.quantile} : several);
}

}  // namespace tagwerk::learners::trees
