#include "evaluate/ordinal.h"

#include <algorithm>
#include <cmath>

#include "evaluate/resampling.h"
#include "metrics/decisions.h"

namespace tagwerk::evaluate {
namespace {

/// Steps of truth and decision of every row.
struct Steps {
  std::vector<double> truth, decided;
  std::span<const double> weight;
  std::size_t count = 0;  ///< of steps
  double Weight(std::size_t i, std::span<const std::uint8_t> counts) const {
    return (weight.empty() ? 1.0 : weight[i]) * (counts.empty() ? 1.0 : double(counts[i]));
  }
};

/// 1 - observed over expected squared distance; what is expected follows from the margins.
class QuadraticKappa : public metrics::Resampled {
 public:
  explicit QuadraticKappa(const Steps& steps) : steps_(steps) {}
  double At(std::span<const std::uint8_t> counts) const override {
    double total = 0, seen = 0, truth[2] = {0, 0}, decided[2] = {0, 0};
    for (std::size_t i = 0; i < steps_.truth.size(); ++i) {
      const double w = steps_.Weight(i, counts), t = steps_.truth[i], d = steps_.decided[i];
      total += w;
      seen += w * (t - d) * (t - d);
      truth[0] += w * t;
      truth[1] += w * t * t;
      decided[0] += w * d;
      decided[1] += w * d * d;
    }
    // E (t - d)^2 of independent t and d = E t^2 + E d^2 - 2 E t E d.
    const double expected = truth[1] + decided[1] - 2 * truth[0] * decided[0] / total;
    return total > 0 && expected > 1e-12 * total ? 1 - seen / expected : std::nan("");
  }
  double Cost() const override { return double(steps_.truth.size()); }

 private:
  const Steps& steps_;
};

class MeanSteps : public metrics::Resampled {
 public:
  explicit MeanSteps(const Steps& steps) : steps_(steps) {}
  double At(std::span<const std::uint8_t> counts) const override {
    double total = 0, sum = 0;
    for (std::size_t i = 0; i < steps_.truth.size(); ++i) {
      const double w = steps_.Weight(i, counts);
      total += w;
      sum += w * std::abs(steps_.truth[i] - steps_.decided[i]);
    }
    return total > 0 ? sum / total : std::nan("");
  }
  double Cost() const override { return double(steps_.truth.size()); }

 private:
  const Steps& steps_;
};

Json Entry(const stats::BootstrapSample& sample) {
  const stats::Range range = stats::BootstrapInterval(sample);
  return {{"value", sample.value}, {"low", range.low}, {"high", range.high}};
}

}  // namespace

Json OrdinalJson(const Context& context, const EvaluateInput& input, std::span<const double> ranks) {
  const std::size_t n = input.scored.truth.size();
  if (n == 0 || ranks.size() != input.classes.size() || ranks.empty()) return nullptr;
  const std::vector<std::int32_t> decided = metrics::Decide(input.scored);
  Steps steps;
  steps.weight = input.scored.weight;
  steps.count = ranks.size();
  double total = 0, within[3] = {0, 0, 0};
  for (std::size_t i = 0; i < n; ++i) {
    steps.truth.push_back(ranks[std::size_t(input.scored.truth[i])]);
    steps.decided.push_back(ranks[std::size_t(decided[i])]);
    const double off = std::abs(steps.truth.back() - steps.decided.back()), w = steps.Weight(i, {});
    total += w;
    within[off < 0.5 ? 0 : off < 1.5 ? 1 : 2] += w;
  }
  if (!(total > 0)) return nullptr;
  const QuadraticKappa kappa(steps);
  const MeanSteps mean(steps);
  const auto samples = ResampleAll(context, ResamplerOf(input), {&kappa, &mean}, input.resamples, kFullWork);
  std::vector<std::string> order(ranks.size());
  for (std::size_t k = 0; k < ranks.size(); ++k) order[std::size_t(ranks[k])] = input.classes[k];
  return {{"order", order},
          {"rows", n},
          {"quadratic_kappa", Entry(samples[0])},
          {"mean_steps", Entry(samples[1])},
          {"exact", within[0] / total},
          {"within_one", (within[0] + within[1]) / total},
          {"further", within[2] / total}};
}

}  // namespace tagwerk::evaluate
