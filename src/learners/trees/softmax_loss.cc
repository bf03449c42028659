// Log loss of several classes: softmax, one tree per class and round, the diagonal of the hessian times K/(K-1)
// (Friedman 2001, section 4.6).
#include <algorithm>

#include "learners/trees/losses.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

constexpr double kLeastProbability = 1e-15;
/// Longest Newton step, before the learning rate. In a leaf of rows that are surely of other classes but for one the
/// hessians vanish and the step would be of hundreds; LogitBoost bounds its working response for the same reason
/// (Friedman, Hastie & Tibshirani 2000, section 4.2).
constexpr double kLongestStep = 10;

class Softmax : public RowObjective {
 public:
  Softmax(const model::TrainingData& data, const TrainingRows& rows)
      : RowObjective(data, rows),
        classes_(data.num_classes),
        probabilities_(std::size_t(data.num_classes), std::vector<float>(rows.train.size())) {}
  int outputs() const override { return classes_; }
  Transform transform() const override { return Transform::kSoftmax; }
  std::vector<double> StartValues() const override {
    std::vector<double> shares(std::size_t(classes_), 0.0);
    for (const RowIndex r : rows_.train) shares[std::size_t(y(r))] += w(r);
    const double total = SumWeights(rows_.train);
    for (double& s : shares) s = std::log(std::max(s / total, kLeastProbability));
    return shares;
  }
  void StartRound(const std::vector<Scores>& scores, Pool* pool) override {
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      Probabilities(scores, RowSpan(rows_.train).subspan(b, e - b),
                    [&](std::size_t k, std::size_t i) -> float& { return probabilities_[k][b + i]; });
    });
  }
  void Gradients(const std::vector<Scores>&, int output, Pool* pool, GradientPlane& plane) const override {
    const std::vector<float>& p = probabilities_[std::size_t(output)];
    const float factor = float(classes_) / float(classes_ - 1);
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      for (std::size_t k = b; k < e; ++k) {
        const RowIndex r = rows_.train[k];
        const float hit = y(r) == output ? 1.0f : 0.0f;
        plane.real[r] = {w(r) * (p[k] - hit), w(r) * factor * p[k] * (1.0f - p[k])};
      }
    });
  }
  double Limit(double step, double /*g*/, double /*h*/) const override {
    return std::clamp(step, -kLongestStep, kLongestStep);
  }
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    constexpr std::size_t kStretch = 512;
    std::vector<float> p(kStretch * std::size_t(classes_));
    double sum = 0;
    for (std::size_t at = 0; at < rows.size(); at += kStretch) {
      const RowSpan part = rows.subspan(at, std::min(kStretch, rows.size() - at));
      Probabilities(scores, part, [&](std::size_t k, std::size_t i) -> float& { return p[k * kStretch + i]; });
      for (std::size_t i = 0; i < part.size(); ++i) {
        const double hit = p[std::size_t(y(part[i])) * kStretch + i];
        sum -= w(part[i]) * std::log(std::max(hit, kLeastProbability));
      }
    }
    return sum / SumWeights(rows);
  }

 private:
  // Softmax over the classes for some rows; `at(k, i)` is where class k of the i-th row goes.
  template <class At>
  void Probabilities(const std::vector<Scores>& scores, RowSpan rows, const At& at) const {
    constexpr std::size_t kStretch = 512;
    float part[kStretch], total[kStretch];
    double most[kStretch];
    for (std::size_t begin = 0; begin < rows.size(); begin += kStretch) {
      const std::size_t n = std::min(kStretch, rows.size() - begin);
      const RowIndex* row = rows.data() + begin;
      for (std::size_t i = 0; i < n; ++i) most[i] = scores[0][row[i]];
      for (int k = 1; k < classes_; ++k) {
        const Scores& s = scores[std::size_t(k)];
        for (std::size_t i = 0; i < n; ++i) most[i] = std::max(most[i], s[row[i]]);
      }
      std::fill_n(total, n, 0.0f);
      for (int k = 0; k < classes_; ++k) {
        const Scores& s = scores[std::size_t(k)];
        for (std::size_t i = 0; i < n; ++i) part[i] = static_cast<float>(s[row[i]] - most[i]);
        ExpInPlace(part, n);
        for (std::size_t i = 0; i < n; ++i) {
          total[i] += part[i];
          at(std::size_t(k), begin + i) = part[i];
        }
      }
      for (std::size_t i = 0; i < n; ++i) total[i] = 1.0f / total[i];
      for (int k = 0; k < classes_; ++k) {
        for (std::size_t i = 0; i < n; ++i) at(std::size_t(k), begin + i) *= total[i];
      }
    }
  }

  int classes_;
  std::vector<std::vector<float>> probabilities_;  // [class][position in rows_.train]
};

}  // namespace

std::unique_ptr<Objective> MakeSoftmax(const model::TrainingData& data, const TrainingRows& rows) {
  return std::make_unique<Softmax>(data, rows);
}

}  // namespace tagwerk::learners::trees
