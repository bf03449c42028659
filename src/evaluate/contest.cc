#include "evaluate/contest.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "evaluate/resampling.h"
#include "stats/tests.h"

namespace tagwerk::evaluate {
namespace {

double ShareBeyond(std::span<const double> draws, double margin) {
  double beyond = 0, count = 0;
  for (const double draw : draws) {
    if (std::isnan(draw)) continue;
    ++count;
    beyond += draw > margin ? 1.0 : draw == margin ? 0.5 : 0.0;
  }
  return count > 0 ? beyond / count : 0.5;
}

}  // namespace

Contest ContestOnRows(const Context& context, const EvaluateInput& a, const EvaluateInput& b,
                      const metrics::Metric& metric, double margin) {
  TW_CHECK(a.scored.truth.size() == b.scored.truth.size());
  const ResampledPtr first = metric.prepare(a.scored), second = metric.prepare(b.scored);
  const auto samples = ResampleAll(context, ResamplerOf(a), {second.get(), first.get()}, a.resamples, kFullWork);
  const auto better = [&](const std::vector<double>& from, const std::vector<double>& to) {
    std::vector<double> out(from.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = metrics::Improvement(metric, from[i], to[i]);
    return out;
  };
  stats::BootstrapSample difference;
  difference.units = samples[0].units;
  difference.value = metrics::Improvement(metric, samples[0].value, samples[1].value);
  difference.resampled = better(samples[0].resampled, samples[1].resampled);
  difference.jackknife = better(samples[0].jackknife, samples[1].jackknife);
  Contest contest;
  contest.difference = difference.value;
  contest.units = difference.units;
  contest.probability_better = ShareBeyond(difference.resampled, margin);
  const bool same = std::all_of(difference.resampled.begin(), difference.resampled.end(),
                                [](double d) { return d == 0 || std::isnan(d); });
  if (same && difference.value == 0) return contest;
  const stats::Range range = stats::BootstrapInterval(difference);
  contest.low = range.low;
  contest.high = range.high;
  contest.p_value = stats::BootstrapP(difference);
  return contest;
}

Contest ContestOnFolds(std::span<const double> differences, double test_over_train, double margin) {
  Contest contest;
  contest.units = differences.size();
  const auto folds = double(differences.size());
  if (folds < 2) return contest;
  double mean = 0, squares = 0;
  for (const double d : differences) mean += d / folds;
  for (const double d : differences) squares += (d - mean) * (d - mean);
  contest.difference = contest.low = contest.high = mean;
  const double scale = std::sqrt((1 / folds + test_over_train) * squares / (folds - 1));
  if (!(scale > 0)) {
    contest.p_value = mean == 0 ? 1 : 0;
    contest.probability_better = mean > margin ? 1 : mean < margin ? 0 : 0.5;
    return contest;
  }
  const double reach = stats::StudentQuantile(0.975, folds - 1) * scale;
  contest.low = mean - reach;
  contest.high = mean + reach;
  contest.p_value = stats::TwoSidedStudentP(mean / scale, folds - 1);
  contest.probability_better = 1 - stats::StudentCdf((margin - mean) / scale, folds - 1);
  return contest;
}

Json ContestJson(const Contest& contest) {
  return {{"difference", contest.difference},
          {"low", contest.low},
          {"high", contest.high},
          {"p_value", contest.p_value},
          {"probability_better", contest.probability_better},
          {"units", contest.units}};
}

}  // namespace tagwerk::evaluate
