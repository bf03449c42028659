// Squared loss (Friedman 2001, section 4.1).
#include "learners/trees/losses.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

class Squared : public RowObjective {
 public:
  Squared(const model::TrainingData& data, const TrainingRows& rows)
      : RowObjective(data, rows), exponent_(TargetExponent()) {}
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
  int exponent_;  // 0 for targets of usual size
};

}  // namespace

MadeObjective MakeSquared(const model::TrainingData& data, const TrainingRows& rows, const LossSettings&) {
  return std::make_unique<Squared>(data, rows);
}

}  // namespace tagwerk::learners::trees
