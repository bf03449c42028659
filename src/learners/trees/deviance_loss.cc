// Losses with a log link: Poisson, gamma, and Tweedie with variance = mean^p between them (Jorgensen 1987). With
// a = y mu^(1-p) and b = mu^(2-p) the gradient by the score log(mu) is b - a, the hessian (p-1) a + (2-p) b. Poisson's
// hessian is taken larger by e^0.7, as LightGBM does, for shorter steps.
#include <array>
#include <limits>

#include "learners/trees/losses.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

constexpr float kFarthest = 80;  // exp of more would leave the range of floats

class Deviance : public RowObjective {
 public:
  Deviance(const model::TrainingData& data, const TrainingRows& rows, double power, double stretch)
      : RowObjective(data, rows), power_(power), stretch_(stretch) {
    double largest = 0;
    for (const RowIndex r : rows.train) largest = std::max(largest, y(r));
    int range = 0;
    std::frexp(largest, &range);
    const double weight = SumWeights(rows.train);
    double mean = 0;  // no overflow whatever the size
    for (const RowIndex r : rows.train) mean += std::ldexp(y(r), -range) * (w(r) / weight);
    mean_ = std::ldexp(mean, range);
    // In units of the mean all is near 1; the factor restores the size that penalties refer to.
    const double factor = std::pow(mean_, 2 - power);
    if (factor > 1e-15 && factor < 1e15) factor_ = factor;
  }
  double mean() const { return mean_; }
  Transform transform() const override { return Transform::kExponential; }
  std::vector<double> StartValues() const override { return {std::log(mean_)}; }

  void Gradients(const std::vector<Scores>& scores, int, Pool* pool, GradientPlane& plane) const override {
    constexpr std::size_t kStretch = 512;
    const Scores& s = scores[0];
    const double start = std::log(mean_);
    const auto a_factor = static_cast<float>(1 - power_), b_factor = static_cast<float>(2 - power_);
    const auto h_of_a = static_cast<float>(stretch_ * (power_ - 1)),
               h_of_b = static_cast<float>(stretch_ * (2 - power_));
    ForChunks(pool, rows_.train.size(), [&](std::size_t begin, std::size_t end) {
      std::array<float, kStretch> a, b;
      for (std::size_t at = begin; at < end; at += kStretch) {
        const std::size_t n = std::min(kStretch, end - at);
        for (std::size_t i = 0; i < n; ++i) {
          const float far = std::clamp(static_cast<float>(s[rows_.train[at + i]] - start), -kFarthest, kFarthest);
          a[i] = a_factor * far;
          b[i] = b_factor * far;
        }
        if (a_factor != 0) ExpInPlace(a.data(), n);
        if (b_factor != 0) ExpInPlace(b.data(), n);
        for (std::size_t i = 0; i < n; ++i) {
          const RowIndex r = rows_.train[at + i];
          const auto unit = static_cast<float>(w(r) * factor_);
          const float from_y = static_cast<float>(y(r) / mean_) * (a_factor != 0 ? a[i] : 1.0f);
          const float from_mean = b_factor != 0 ? b[i] : 1.0f;
          plane.real[r] = {unit * (from_mean - from_y), unit * (h_of_a * from_y + h_of_b * from_mean)};
        }
      }
    });
  }

  // The exact optimum of a leaf is log(sum a / sum b); a Newton step beyond it overshoots without bound.
  double Limit(double step, double g, double h) const override {
    const double a = h / stretch_ - (2 - power_) * g, b = a + g;
    if (!(a > 0 && b > 0)) return step;
    const double exact = std::log(a / b);
    return std::abs(exact) < std::abs(step) ? std::copysign(exact, step) : step;
  }

  double Loss(const std::vector<Scores>& scores, RowSpan rows) const override {
    double sum = 0;
    const double start = std::log(mean_);
    for (const RowIndex r : rows) sum += w(r) * OfRow(y(r) / mean_, scores[0][r] - start);
    return 2 * sum / SumWeights(rows) * std::pow(mean_, 2 - power_);
  }

 private:
  // Half the unit deviance of a target and its log mean, both in units of the mean.
  double OfRow(double target, double log_mean) const {
    const double p = power_;
    if (p == 1) return (target > 0 ? target * (std::log(target) - log_mean) : 0) - target + std::exp(log_mean);
    if (p == 2) return log_mean - std::log(target) + target * std::exp(-log_mean) - 1;
    return std::pow(target, 2 - p) / ((1 - p) * (2 - p)) - target * std::exp((1 - p) * log_mean) / (1 - p) +
           std::exp((2 - p) * log_mean) / (2 - p);
  }

  double power_, stretch_;
  double mean_ = 0;
  double factor_ = 1;
};

MadeObjective MakeDeviance(const model::TrainingData& data, const TrainingRows& rows, std::string_view loss,
                           double power, double stretch = 1) {
  TW_RETURN_IF_ERROR(CheckDomain(data, rows, loss, 0, power == 2, std::numeric_limits<double>::infinity()));
  auto deviance = std::make_unique<Deviance>(data, rows, power, stretch);
  if (!(deviance->mean() > 0)) {
    return Error(Code::kInvalidData, "target-domain", "loss " + std::string(loss) + " needs a target above 0")
        .Got("0 in every row");
  }
  return deviance;
}

}  // namespace

MadeObjective MakePoisson(const model::TrainingData& data, const TrainingRows& rows, const LossSettings&) {
  return MakeDeviance(data, rows, "poisson", 1, std::exp(0.7));
}

MadeObjective MakeGamma(const model::TrainingData& data, const TrainingRows& rows, const LossSettings&) {
  return MakeDeviance(data, rows, "gamma", 2);
}

MadeObjective MakeTweedie(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings) {
  return MakeDeviance(data, rows, "tweedie", settings.tweedie_power);
}

}  // namespace tagwerk::learners::trees
