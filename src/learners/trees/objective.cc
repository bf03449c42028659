// Logistic and squared loss: Friedman 2001. Absolute and quantile loss take the weighted median or
// quantile of the residuals in each leaf (ibid., LAD_TreeBoost). Multiclass: softmax, one tree per class and round, the
// diagonal of the hessian times K/(K-1).
#include "learners/trees/objective.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

constexpr double kLeastShare = 1e-15;

class Base : public Objective {
 public:
  Base(const model::TrainingData& data, const TrainingRows& rows) : data_(data), rows_(rows) {}

 protected:
  double y(RowIndex row) const { return data_.y[row]; }
  float w(RowIndex row) const { return rows_.weight.empty() ? 1.0f : rows_.weight[row]; }
  bool weighted() const { return !rows_.weight.empty(); }
  double SumWeights(RowSpan rows) const {
    if (!weighted()) return double(rows.size());
    double sum = 0;
    for (const RowIndex r : rows) sum += w(r);
    return sum;
  }

  const model::TrainingData& data_;
  const TrainingRows& rows_;
};

class Squared : public Base {
 public:
  Squared(const model::TrainingData& data, const TrainingRows& rows) : Base(data, rows) {
    double largest = 0;
    for (const RowIndex r : rows.train) largest = std::max(largest, std::abs(y(r)));
    if (largest > 1e15 || (largest > 0 && largest < 1e-15)) std::frexp(largest, &exponent_);
  }
  bool unit_hessian() const override { return !weighted(); }
  int exponent() const override { return exponent_; }
  std::vector<double> StartValues() const override {
    // The mean around the first value, so that large offsets lose no digits.
    const double first = Scaled(y(rows_.train.front()));
    double sum = 0;
    for (const RowIndex r : rows_.train) sum += w(r) * (Scaled(y(r)) - first);
    return {std::ldexp(first + sum / SumWeights(rows_.train), exponent_)};
  }
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      for (std::size_t k = b; k < e; ++k) {
        const RowIndex r = rows_.train[k];
        plane.real[r] = {w(r) * static_cast<float>(Difference(scores, r)), w(r)};
      }
    });
  }
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    double sum = 0;
    for (const RowIndex r : rows) {
      const double d = Difference(scores, r);
      sum += w(r) * d * d;
    }
    return std::ldexp(std::sqrt(sum / SumWeights(rows)), exponent_);
  }

 private:
  double Scaled(double v) const { return exponent_ == 0 ? v : std::ldexp(v, -exponent_); }
  double Difference(const std::vector<Scores>& scores, RowIndex r) const {
    return exponent_ == 0 ? scores[0][r] - y(r) : Scaled(scores[0][r]) - Scaled(y(r));
  }
  int exponent_ = 0;  // 0 for targets of usual size
};

/// Absolute error (`quantile` 0.5) or the pinball loss of another quantile (Koenker & Bassett 1978).
class Pinball : public Base {
 public:
  Pinball(const model::TrainingData& data, const TrainingRows& rows, double quantile)
      : Base(data, rows), quantile_(quantile) {}
  bool unit_hessian() const override { return !weighted(); }
  bool renews_leaves() const override { return true; }
  std::vector<double> StartValues() const override {
    std::vector<Residual> all;
    for (const RowIndex r : rows_.train) all.push_back({y(r), w(r)});
    return {Quantile(all)};
  }
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      for (std::size_t k = b; k < e; ++k) {
        const RowIndex r = rows_.train[k];
        const double d = scores[0][r] - y(r);
        const double slope = d > 0 ? 2 * (1 - quantile_) : d < 0 ? -2 * quantile_ : 0;
        plane.real[r] = {w(r) * static_cast<float>(slope), w(r)};
      }
    });
  }
  double LeafValue(const std::vector<Scores>& scores, RowSpan rows) const override {
    std::vector<Residual> residuals;
    residuals.reserve(rows.size());
    for (const RowIndex r : rows) residuals.push_back({y(r) - scores[0][r], w(r)});
    return Quantile(residuals);
  }
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    double sum = 0;
    for (const RowIndex r : rows) {
      const double d = y(r) - scores[0][r];
      sum += w(r) * 2 * (d > 0 ? quantile_ * d : (quantile_ - 1) * d);
    }
    return sum / SumWeights(rows);
  }

 private:
  struct Residual {
    double value;
    float weight;
  };
  // The value where the share `quantile_` of the weight is reached; the mean of both where it is met exactly.
  double Quantile(std::vector<Residual>& items) const {
    if (items.empty()) return 0;
    std::sort(items.begin(), items.end(), [](const Residual& a, const Residual& b) { return a.value < b.value; });
    double total = 0;
    for (const Residual& r : items) total += r.weight;
    double sum = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      sum += items[i].weight;
      if (sum == quantile_ * total && i + 1 < items.size()) return items[i].value / 2 + items[i + 1].value / 2;
      if (sum >= quantile_ * total) return items[i].value;
    }
    return items.back().value;
  }

  double quantile_;
};

class Logistic : public Base {
 public:
  using Base::Base;
  std::vector<double> StartValues() const override {
    double positive = 0;
    for (const RowIndex r : rows_.train) positive += y(r) > 0 ? w(r) : 0;
    const double share = positive / SumWeights(rows_.train);
    const double p = std::clamp(share, kLeastShare, 1 - kLeastShare);
    return {std::log(p / (1 - p))};
  }
  // With m = score of the true class and e = exp(-|m|) the other class has probability e/(1+e) or 1/(1+e):
  // no difference of nearly equal numbers.
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      constexpr std::size_t kStretch = 512;
      float exps[kStretch];
      for (std::size_t at = b; at < e; at += kStretch) {
        const std::size_t n = std::min(kStretch, e - at);
        const RowIndex* rows = rows_.train.data() + at;
        for (std::size_t i = 0; i < n; ++i) exps[i] = static_cast<float>(-std::abs(scores[0][rows[i]]));
        ExpInPlace(exps, n);
        for (std::size_t i = 0; i < n; ++i) {
          const RowIndex r = rows[i];
          const bool positive = y(r) > 0;
          const float inverse = 1.0f / (1.0f + exps[i]);
          const bool right = (scores[0][r] >= 0) == positive;
          const float wrong = right ? exps[i] * inverse : inverse;
          plane.real[r] = {w(r) * (positive ? -wrong : wrong), w(r) * (exps[i] * inverse * inverse)};
        }
      }
    });
  }
  // log(1+exp(-m)) = max(-m, 0) + log(1+exp(-|m|)); products of 16 terms in [1, 2] share one logarithm.
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    constexpr std::size_t kStretch = 16;
    double sum = 0;
    for (std::size_t at = 0; at < rows.size(); at += kStretch) {
      const std::size_t n = std::min(kStretch, rows.size() - at);
      float exps[kStretch];
      for (std::size_t i = 0; i < n; ++i) exps[i] = static_cast<float>(-std::abs(scores[0][rows[at + i]]));
      ExpInPlace(exps, n);
      double product = 1;
      for (std::size_t i = 0; i < n; ++i) {
        const RowIndex r = rows[at + i];
        const double margin = y(r) > 0 ? scores[0][r] : -scores[0][r];
        sum += w(r) * std::max(0.0, -margin);
        if (weighted())
          sum += w(r) * std::log1p(double(exps[i]));
        else
          product *= 1.0 + double(exps[i]);
      }
      if (!weighted()) sum += std::log(product);
    }
    return sum / SumWeights(rows);
  }
};

class Softmax : public Base {
 public:
  Softmax(const model::TrainingData& data, const TrainingRows& rows)
      : Base(data, rows),
        classes_(data.num_classes),
        probabilities_(std::size_t(data.num_classes), std::vector<float>(rows.train.size())) {}
  int outputs() const override { return classes_; }
  std::vector<double> StartValues() const override {
    std::vector<double> shares(std::size_t(classes_), 0.0);
    for (const RowIndex r : rows_.train) shares[std::size_t(y(r))] += w(r);
    const double total = SumWeights(rows_.train);
    for (double& s : shares) s = std::log(std::max(s / total, kLeastShare));
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
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    constexpr std::size_t kStretch = 512;
    std::vector<float> p(kStretch * std::size_t(classes_));
    double sum = 0;
    for (std::size_t at = 0; at < rows.size(); at += kStretch) {
      const RowSpan part = rows.subspan(at, std::min(kStretch, rows.size() - at));
      Probabilities(scores, part, [&](std::size_t k, std::size_t i) -> float& { return p[k * kStretch + i]; });
      for (std::size_t i = 0; i < part.size(); ++i) {
        const double hit = p[std::size_t(y(part[i])) * kStretch + i];
        sum -= w(part[i]) * std::log(std::max(hit, kLeastShare));
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

std::unique_ptr<Objective> MakeObjective(const model::TrainingData& data, const TrainingRows& rows, RegressionLoss loss,
                                         double quantile) {
  if (data.task == Task::kBinary) return std::make_unique<Logistic>(data, rows);
  if (data.task == Task::kMulticlass) return std::make_unique<Softmax>(data, rows);
  if (loss == RegressionLoss::kAbsolute) return std::make_unique<Pinball>(data, rows, 0.5);
  if (loss == RegressionLoss::kQuantile) return std::make_unique<Pinball>(data, rows, quantile);
  return std::make_unique<Squared>(data, rows);
}

}  // namespace tagwerk::learners::trees
