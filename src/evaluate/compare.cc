// Paired comparison: both models are measured on the same resamples, so what they share (easy and hard
// rows) cancels in the difference.
#include <algorithm>

#include "base/error.h"
#include "evaluate/resampling.h"

namespace tagwerk::evaluate {
namespace {

std::vector<double> Differences(const metrics::Metric& metric, const std::vector<double>& a,
                                const std::vector<double>& b) {
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) differences[i] = metrics::Improvement(metric, a[i], b[i]);
  return differences;
}

}  // namespace

Comparison ComparePaired(const Context& context, const EvaluateInput& a, const EvaluateInput& b,
                         const metrics::Metric& metric) {
  TW_CHECK(a.scored.truth.size() == b.scored.truth.size());
  const ResampledPtr first = metric.prepare(a.scored), second = metric.prepare(b.scored);
  const auto samples = ResampleAll(context, ResamplerOf(a), {first.get(), second.get()}, a.resamples, kFullWork);
  stats::BootstrapSample difference;
  difference.units = samples[0].units;
  difference.value = metrics::Improvement(metric, samples[0].value, samples[1].value);
  difference.resampled = Differences(metric, samples[0].resampled, samples[1].resampled);
  difference.jackknife = Differences(metric, samples[0].jackknife, samples[1].jackknife);
  const stats::Range range = stats::BootstrapInterval(difference);
  Comparison comparison;
  comparison.metric = metric.id;
  comparison.difference = difference.value;
  comparison.low = range.low;
  comparison.high = range.high;
  comparison.p_value = stats::BootstrapP(difference);
  comparison.better = range.low > 0;
  return comparison;
}

Json ComparisonJson(const Comparison& comparison) {
  return {{"metric", comparison.metric}, {"difference", comparison.difference}, {"low", comparison.low},
          {"high", comparison.high},     {"p_value", comparison.p_value},       {"better", comparison.better}};
}

}  // namespace tagwerk::evaluate
