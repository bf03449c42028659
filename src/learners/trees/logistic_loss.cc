// Log loss of two classes (Friedman 2001, section 4.4), and of a probability as target (cross-entropy).
#include "learners/trees/losses.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

constexpr double kLeastPart = 1e-15;

double Logit(double share) {
  const double p = std::clamp(share, kLeastPart, 1 - kLeastPart);
  return std::log(p / (1 - p));
}

class Sigmoid : public RowObjective {
 public:
  using RowObjective::RowObjective;

 protected:
  /// Calls body(position, count, exps) for stretches of training rows; exps[i] = exp(-|score|).
  template <class Body>
  void ForExponentials(Pool* pool, const Scores& scores, const Body& body) const {
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      constexpr std::size_t kStretch = 512;
      float exps[kStretch];
      for (std::size_t at = b; at < e; at += kStretch) {
        const std::size_t n = std::min(kStretch, e - at);
        for (std::size_t i = 0; i < n; ++i) exps[i] = static_cast<float>(-std::abs(scores[rows_.train[at + i]]));
        ExpInPlace(exps, n);
        body(at, n, exps);
      }
    });
  }
};

class Logistic : public Sigmoid {
 public:
  using Sigmoid::Sigmoid;
  Transform transform() const override { return Transform::kLogistic; }
  std::vector<double> StartValues() const override {
    double positive = 0;
    for (const RowIndex r : rows_.train) positive += y(r) > 0 ? w(r) : 0;
    const double share = positive / SumWeights(rows_.train);
    return {Logit(share)};
  }
  // With m = score of the true class and e = exp(-|m|) the other class has probability e/(1+e) or 1/(1+e):
  // no difference of nearly equal numbers.
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    ForExponentials(pool, scores[0], [&](std::size_t at, std::size_t n, const float* exps) {
      for (std::size_t i = 0; i < n; ++i) {
        const RowIndex r = rows_.train[at + i];
        const bool positive = y(r) > 0;
        const float inverse = 1.0f / (1.0f + exps[i]);
        const bool right = (scores[0][r] >= 0) == positive;
        const float wrong = right ? exps[i] * inverse : inverse;
        plane.real[r] = {w(r) * (positive ? -wrong : wrong), w(r) * (exps[i] * inverse * inverse)};
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

/// A target between 0 and 1: -y log p - (1 - y) log(1 - p).
class CrossEntropy : public Sigmoid {
 public:
  using Sigmoid::Sigmoid;
  Transform transform() const override { return Transform::kProbability; }
  std::vector<double> StartValues() const override {
    double sum = 0;
    for (const RowIndex r : rows_.train) sum += w(r) * y(r);
    return {Logit(sum / SumWeights(rows_.train))};
  }
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    const Scores& s = scores[0];
    ForExponentials(pool, s, [&](std::size_t at, std::size_t n, const float* exps) {
      for (std::size_t i = 0; i < n; ++i) {
        const RowIndex r = rows_.train[at + i];
        const float larger = 1.0f / (1.0f + exps[i]), smaller = exps[i] * larger;
        const float p = s[r] >= 0 ? larger : smaller, q = s[r] >= 0 ? smaller : larger;
        const float target = static_cast<float>(y(r));
        // Both parts are exact near 0 and 1, where p - y would lose its digits.
        plane.real[r] = {w(r) * ((1.0f - target) * p - target * q), w(r) * (p * q)};
      }
    });
  }
  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    double sum = 0;
    for (const RowIndex r : rows) {
      const double s = scores[0][r];
      sum += w(r) * (std::max(0.0, s) - y(r) * s + std::log1p(std::exp(-std::abs(s))));
    }
    return sum / SumWeights(rows);
  }
};

}  // namespace

std::unique_ptr<Objective> MakeLogistic(const model::TrainingData& data, const TrainingRows& rows) {
  return std::make_unique<Logistic>(data, rows);
}

MadeObjective MakeCrossEntropy(const model::TrainingData& data, const TrainingRows& rows, const LossSettings&) {
  TW_RETURN_IF_ERROR(CheckDomain(data, rows, "cross_entropy", 0, false, 1));
  return std::make_unique<CrossEntropy>(data, rows);
}

}  // namespace tagwerk::learners::trees
