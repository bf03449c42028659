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

class Logistic : public RowObjective {
 public:
  using RowObjective::RowObjective;
  Transform transform() const override { return Transform::kLogistic; }
  std::vector<double> StartValues() const override {
    double positive = 0;
    for (const RowIndex r : rows_.train) positive += y(r) > 0 ? w(r) : 0;
    const double share = positive / SumWeights(rows_.train);
    return {Logit(share)};
  }
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      constexpr std::size_t kStretch = 512;
      float score[kStretch], sign[kStretch];
      GradientPair pairs[kStretch];
      for (std::size_t at = b; at < e; at += kStretch) {
        const std::size_t n = std::min(kStretch, e - at);
        const RowIndex* rows = rows_.train.data() + at;
        for (std::size_t i = 0; i < n; ++i) {
          score[i] = static_cast<float>(scores[0][rows[i]]);
          sign[i] = Side(rows[i]);
        }
        LogisticGradients(score, sign, n, pairs);
        if (weighted()) {
          for (std::size_t i = 0; i < n; ++i) pairs[i] = {w(rows[i]) * pairs[i].g, w(rows[i]) * pairs[i].h};
        }
        for (std::size_t i = 0; i < n; ++i) plane.real[rows[i]] = pairs[i];
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
        const double margin = double(Side(r)) * scores[0][r];
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

 private:
  // 1 or -1 by arithmetic: a jump would be guessed wrong as often as not.
  float Side(RowIndex r) const { return static_cast<float>(2 * static_cast<int>(y(r) > 0) - 1); }
};

/// A target between 0 and 1: -y log p - (1 - y) log(1 - p).
class CrossEntropy : public RowObjective {
 public:
  using RowObjective::RowObjective;
  Transform transform() const override { return Transform::kProbability; }
  std::vector<double> StartValues() const override {
    double sum = 0;
    for (const RowIndex r : rows_.train) sum += w(r) * y(r);
    return {Logit(sum / SumWeights(rows_.train))};
  }
  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    const Scores& s = scores[0];
    ForChunks(pool, rows_.train.size(), [&](std::size_t b, std::size_t e) {
      for (std::size_t k = b; k < e; ++k) {
        const RowIndex r = rows_.train[k];
        const float small = static_cast<float>(std::exp(-std::abs(s[r])));
        const float larger = 1.0f / (1.0f + small), smaller = small * larger;
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
