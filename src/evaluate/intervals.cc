// Metrics with intervals. The metrics of a task share their resamples; a resample is made once as counts
// per row, and every metric reads it in O(n).
#include <algorithm>
#include <cmath>

#include "base/constants.h"
#include "evaluate/resampling.h"
#include "metrics/decisions.h"

namespace tagwerk::evaluate {
namespace {

constexpr int kFewestResamples = 200;
constexpr std::size_t kResamplesPerTask = 8;

int ResamplesFor(double cost, int wanted, double work) {
  if (!(cost > 0)) return wanted;
  return std::min(wanted, std::max(kFewestResamples, int(std::min(work / cost, 1e9))));
}

// Number of rows that a share is a share of; 0 for metrics that are no plain share of unweighted rows.
double TrialsOf(const EvaluateInput& input, const metrics::Metric& metric) {
  if (!input.groups.empty() || !input.scored.weight.empty()) return 0;
  const auto positive = double(input.scored.positive);
  const auto& truth = input.scored.truth;
  if (metric.id == "accuracy") return double(truth.size());
  if (metric.id == "recall") return double(std::count(truth.begin(), truth.end(), positive));
  if (metric.id != "precision") return 0;
  const std::vector<std::int32_t> decided = metrics::Decide(input.scored);
  return double(std::count(decided.begin(), decided.end(), input.scored.positive));
}

// Rows of the smallest class (all rows in a regression), or the groups if there are fewer.
double EffectiveTrials(const EvaluateInput& input, std::size_t units) {
  std::vector<double> rows(std::size_t(std::max(1, input.scored.num_classes)), 0.0);
  for (const double t : input.scored.truth)
    ++rows[IsClassification(input.scored.task) ? std::size_t(t) : std::size_t(0)];
  double least = double(units);
  for (const double r : rows)
    if (r > 0) least = std::min(least, r);
  return least;
}

// After an early end: the resamples that were made, and no jackknife unless it is whole.
void KeepDone(const std::vector<std::uint8_t>& done, std::size_t draws, std::vector<stats::BootstrapSample>& samples) {
  if (std::find(done.begin(), done.end(), 0) == done.end()) return;
  for (auto& sample : samples) {
    std::size_t kept = 0;
    for (std::size_t b = 0; b < draws; ++b)
      if (done[b] != 0) sample.resampled[kept++] = sample.resampled[b];
    sample.resampled.resize(kept);
    if (std::find(done.begin() + std::ptrdiff_t(draws), done.end(), 0) != done.end()) sample.jackknife.clear();
  }
}

/// Intervals of mean losses hold too rarely when few rows or heavy tails leave the spread itself uncertain: nominal 95
/// % are 87 to 93 % on 40 to 300 rows of four laws (docs/decisions/0008). Both sides grow by the relative standard
/// error of the mean loss, which for a root mean square is twice that of the root.
stats::Range Widened(const stats::Range& range, const stats::BootstrapSample& sample) {
  double n = 0, mean = 0, squares = 0;
  for (const double v : sample.resampled) {
    if (std::isnan(v)) continue;
    const double delta = v - mean;
    mean += delta / ++n;
    squares += delta * (v - mean);
  }
  if (n < 2 || !(sample.value > 0)) return range;
  const double factor = 1 + std::min(1.0, 2 * std::sqrt(squares / (n - 1)) / sample.value);
  return {sample.value - factor * (sample.value - range.low), sample.value + factor * (range.high - sample.value)};
}

stats::Range IntervalOf(const EvaluateInput& input, const metrics::Metric& metric,
                        const stats::BootstrapSample& sample) {
  if (std::isnan(sample.value)) return {kNaN, kNaN};
  if (const double trials = TrialsOf(input, metric); trials > 0)
    return stats::WilsonInterval(sample.value * trials, trials);
  if (metric.inflated) return stats::ReflectedInterval(sample, 0);
  stats::Range range = stats::BootstrapInterval(sample);
  if (input.scored.task == Task::kRegression && metric.direction == Direction::kMinimize)
    range = Widened(range, sample);
  // Resampling a flawless result shows no spread, yet it proves no more than its rows do.
  if (metric.direction == Direction::kMaximize && sample.value == metric.perfect && range.low == range.high &&
      input.scored.task != Task::kRegression) {
    const double trials = EffectiveTrials(input, sample.units);
    range.low = stats::WilsonInterval(trials, trials).low;
  }
  if (metric.direction == Direction::kMaximize)
    range.high = std::min(range.high, metric.perfect);
  else
    range.low = std::max(range.low, metric.perfect);
  return range;
}

}  // namespace

stats::Resampler ResamplerOf(const EvaluateInput& input) {
  const bool strata = input.fixed_class_counts && IsClassification(input.scored.task);
  return {input.scored.truth.size(), input.groups, strata ? input.scored.truth : std::span<const double>(), input.seed};
}

std::vector<stats::BootstrapSample> ResampleAll(const Context& context, const stats::Resampler& resampler,
                                                const std::vector<const metrics::Resampled*>& prepared, int resamples,
                                                double work) {
  double cost = 2.0 * double(resampler.rows());
  for (const auto* metric : prepared) cost += metric->Cost();
  const auto draws = std::size_t(std::max(0, ResamplesFor(cost, resamples, work)));
  const std::size_t left_out = resampler.units() < kBcaUnits ? resampler.units() : 0;
  std::vector<stats::BootstrapSample> samples(prepared.size());
  for (auto& sample : samples) {
    sample.units = resampler.units();
    sample.resampled.assign(draws, kNaN);
    sample.jackknife.assign(left_out, kNaN);
  }
  context.pool->For(prepared.size(), [&](std::size_t m) { samples[m].value = prepared[m]->At({}); });
  std::vector<std::uint8_t> done(draws + left_out, 0);
  context.pool->Chunks(draws + left_out, kResamplesPerTask, [&](std::size_t begin, std::size_t end) {
    std::vector<std::uint8_t> counts(resampler.rows());
    for (std::size_t b = begin; b < end && !context.ShouldStop(); ++b) {
      if (b < draws)
        resampler.Draw(b, counts);
      else
        resampler.LeaveOut(b - draws, counts);
      for (std::size_t m = 0; m < prepared.size(); ++m) {
        if (std::isnan(samples[m].value)) continue;
        (b < draws ? samples[m].resampled[b] : samples[m].jackknife[b - draws]) = prepared[m]->At(counts);
      }
      done[b] = 1;
    }
  });
  KeepDone(done, draws, samples);
  return samples;
}

std::vector<MetricValue> WithIntervals(const Context& context, const EvaluateInput& input,
                                       const std::vector<const metrics::Metric*>& list, double work) {
  std::vector<ResampledPtr> prepared(list.size());
  context.pool->For(list.size(), [&](std::size_t m) { prepared[m] = list[m]->prepare(input.scored); });
  std::vector<const metrics::Resampled*> pointers;
  for (const auto& p : prepared) pointers.push_back(p.get());
  const auto samples = ResampleAll(context, ResamplerOf(input), pointers, input.resamples, work);
  std::vector<MetricValue> values;
  for (std::size_t m = 0; m < list.size(); ++m) {
    const stats::Range range = IntervalOf(input, *list[m], samples[m]);
    MetricValue value;
    value.name = list[m]->id;
    value.value = samples[m].value;
    value.low = range.low;
    value.high = range.high;
    value.rows = std::int64_t(input.scored.truth.size());
    value.direction = list[m]->direction;
    values.push_back(std::move(value));
  }
  return values;
}

MetricValue MetricWithInterval(const Context& context, const EvaluateInput& input, const metrics::Metric& metric) {
  return WithIntervals(context, input, {&metric}, kFullWork).front();
}

std::vector<MetricValue> AllWithIntervals(const Context& context, const EvaluateInput& input) {
  auto values = WithIntervals(context, input, metrics::MetricsOf(input.scored.task), kFullWork);
  if (input.scored.task == Task::kRegression)
    std::erase_if(values, [](const MetricValue& value) { return std::isnan(value.value); });
  return values;
}

Json MetricJson(const MetricValue& metric) {
  return {{"name", metric.name},
          {"value", metric.value},
          {"low", metric.low},
          {"high", metric.high},
          {"level", metric.level},
          {"rows", metric.rows},
          {"direction", metric.direction == Direction::kMaximize ? "max" : "min"}};
}

MetricValue MetricFromJson(const Json& json) {
  const auto number = [&](const char* key, double otherwise) {
    const auto it = json.find(key);
    return it != json.end() && it->is_number() ? it->get<double>() : otherwise;
  };
  MetricValue metric;
  if (!json.is_object()) return metric;
  if (const auto it = json.find("name"); it != json.end() && it->is_string()) metric.name = it->get<std::string>();
  metric.value = number("value", kNaN);
  metric.low = number("low", kNaN);
  metric.high = number("high", kNaN);
  metric.level = number("level", 0.95);
  const double rows = number("rows", 0);
  metric.rows = rows >= 0 && rows < 9e15 ? std::int64_t(rows) : 0;
  const auto it = json.find("direction");
  metric.direction = it != json.end() && *it == "max" ? Direction::kMaximize : Direction::kMinimize;
  return metric;
}

}  // namespace tagwerk::evaluate
