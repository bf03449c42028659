// Huber's loss: squared for residuals within delta, linear beyond (Huber 1964). Delta is given, or nine of ten
// residuals lie within it, drawn anew in every round; a leaf's value is its median and the mean of the clipped rest
// (Friedman 2001, M_TreeBoost).
#include "learners/trees/losses.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

constexpr double kWithin = 0.9;            // share of residuals within an automatic delta
constexpr std::size_t kLookedAt = 50'000;  // rows from which it is learned

class Huber : public RowObjective {
 public:
  Huber(const model::TrainingData& data, const TrainingRows& rows, double delta)
      : RowObjective(data, rows), given_(delta), exponent_(TargetExponent()) {}
  bool unit_hessian() const override { return !weighted(); }
  bool renews_leaves() const override { return true; }
  int exponent() const override { return exponent_; }

  std::vector<double> StartValues() const override {
    std::vector<Weighed> all;
    for (const RowIndex r : rows_.train) all.push_back({y(r), w(r)});
    return {WeightedQuantile(all, 0.5)};
  }
  void StartRound(const std::vector<Scores>& scores, Pool*) override {
    if (given_ > 0) {
      delta_ = first_delta_ = given_;
      return;
    }
    std::vector<Weighed> sizes;
    const std::size_t step = std::max<std::size_t>(1, rows_.train.size() / kLookedAt);
    for (std::size_t i = 0; i < rows_.train.size(); i += step) {
      const RowIndex r = rows_.train[i];
      sizes.push_back({std::abs(y(r) - scores[0][r]), w(r)});
    }
    delta_ = WeightedQuantile(sizes, kWithin);
    // Where most residuals are 0 the largest one decides: a delta of 0 would teach nothing.
    if (delta_ <= 0) delta_ = WeightedQuantile(sizes, 1);
    if (first_delta_ <= 0) first_delta_ = delta_;
  }
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    const Scores& s = scores[0];
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      for (std::size_t k = b; k < e; ++k) {
        const RowIndex r = rows_.train[k];
        const double g = std::ldexp(std::clamp(s[r] - y(r), -delta_, delta_), -exponent_);
        plane.real[r] = {w(r) * static_cast<float>(g), w(r)};
      }
    });
  }
  double LeafValue(const std::vector<Scores>& scores, int, RowSpan rows) const override {
    std::vector<Weighed> residuals;
    residuals.reserve(rows.size());
    for (const RowIndex r : rows) residuals.push_back({y(r) - scores[0][r], w(r)});
    const double median = WeightedQuantile(residuals, 0.5);
    double sum = 0, weight = 0;
    for (const Weighed& residual : residuals) {
      sum += residual.weight * (std::clamp(residual.value - median, -delta_, delta_) / delta_);
      weight += residual.weight;
    }
    return weight > 0 ? median + sum / weight * delta_ : median;
  }
  // With the delta of the first round throughout, so that rounds can be compared.
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    double sum = 0;
    for (const RowIndex r : rows) {
      const double d = std::ldexp(std::abs(y(r) - scores[0][r]), -exponent_);
      const double delta = std::ldexp(first_delta_, -exponent_);
      sum += w(r) * (d <= delta ? d * d / 2 : delta * (d - delta / 2));
    }
    return std::ldexp(sum / SumWeights(rows), std::min(2 * exponent_, 1020));
  }

 private:
  double given_, delta_ = 0, first_delta_ = 0;
  int exponent_;  // 0 for targets of usual size
};

}  // namespace

MadeObjective MakeHuber(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings) {
  return std::make_unique<Huber>(data, rows, settings.huber_delta);
}

}  // namespace tagwerk::learners::trees
