// What decisions are worth on rows that no choice saw.
#include <algorithm>
#include <cmath>
#include <map>

#include "evaluate/decision.h"
#include "evaluate/ladder.h"
#include "stats/tests.h"

namespace tagwerk::evaluate {
namespace {

constexpr double kWorthRows = 1000;

Json GainJson(const Gain& gain, const char* over) {
  return {{"over", over},
          {"difference", gain.difference * kWorthRows},
          {"low", gain.low * kWorthRows},
          {"high", gain.high * kWorthRows}};
}

double Mean(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / double(values.size());
}

std::vector<double> Difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] - b[i];
  return out;
}

/// Worth of each row when the rows with a score of at least `bar` are marked.
std::vector<double> WorthOfRows(const EvaluateInput& test, std::span<const double> scores, double bar,
                                const Value& value) {
  std::vector<double> worth(test.scored.truth.size());
  for (std::size_t i = 0; i < worth.size(); ++i) {
    const bool positive = test.scored.truth[i] == test.scored.positive;
    const bool marked = scores[2 * i + std::size_t(test.scored.positive)] >= bar;
    worth[i] = positive ? (marked ? value.true_positive : value.false_negative)
                        : (marked ? value.false_positive : value.true_negative);
  }
  return worth;
}

/// Positives among the first `taken` rows; rows that share the last score count in proportion.
double PositivesAmong(const Ladder& ladder, std::size_t taken) {
  if (taken == 0 || taken >= ladder.size()) return ladder.Taking(taken).true_positive;
  const std::vector<double>& scores = ladder.scores();
  const auto tied = std::equal_range(scores.begin(), scores.end(), scores[taken - 1], std::greater<>());
  const auto begin = std::size_t(tied.first - scores.begin()), end = std::size_t(tied.second - scores.begin());
  const double before = ladder.Taking(begin).true_positive, after = ladder.Taking(end).true_positive;
  return before + (after - before) * double(taken - begin) / double(end - begin);
}

}  // namespace

Gain MeanGain(std::span<const double> per_row, std::span<const std::uint64_t> groups) {
  Gain gain{Mean(per_row), 0, 0};
  const auto n = double(per_row.size());
  // Rows of a group belong together: residuals are summed by group (Liang & Zeger 1986).
  std::map<std::uint64_t, double> by_group;
  double squares = 0, units = n;
  for (std::size_t i = 0; i < per_row.size(); ++i) {
    const double off = per_row[i] - gain.difference;
    if (groups.empty())
      squares += off * off;
    else
      by_group[groups[i]] += off;
  }
  for (const auto& [group, sum] : by_group) squares += sum * sum;
  if (!groups.empty()) units = double(by_group.size());
  if (units < 2) return {gain.difference, -INFINITY, INFINITY};
  const double error = std::sqrt(squares * units / (units - 1)) / n;
  const double reach = stats::StudentQuantile(0.975, units - 1) * error;
  return {gain.difference, gain.difference - reach, gain.difference + reach};
}

Json ValueJson(const EvaluateInput& test, const Json& value_json) {
  const Value value = ValueFrom(value_json);
  if (!value.given || test.scored.truth.empty()) return nullptr;
  const std::vector<double> model = WorthOfRows(test, test.scored.scores, test.scored.threshold, value);
  const std::vector<double> nothing = WorthOfRows(test, test.scored.scores, INFINITY, value);
  const std::vector<double> all = WorthOfRows(test, test.scored.scores, -INFINITY, value);
  Json out = {{"per_rows", kWorthRows},
              {"model", Mean(model) * kWorthRows},
              {"baseline", nullptr},
              {"nothing", Mean(nothing) * kWorthRows},
              {"all", Mean(all) * kWorthRows}};
  const std::vector<double>* best = Mean(all) > Mean(nothing) ? &all : &nothing;
  const char* name = best == &all ? "all" : "nothing";
  std::vector<double> baseline;
  if (test.baseline_scores.size() == test.scored.scores.size()) {
    baseline = WorthOfRows(test, test.baseline_scores, test.baseline_threshold, value);
    out["baseline"] = Mean(baseline) * kWorthRows;
    if (Mean(baseline) > Mean(*best)) best = &baseline, name = "baseline";
  }
  out["gain"] = GainJson(MeanGain(Difference(model, *best), test.groups), name);
  return out;
}

Json CapacityJson(const EvaluateInput& test, double share) {
  const std::size_t n = test.scored.truth.size();
  if (share >= 1 || n == 0) return nullptr;
  const auto taken = std::max<std::size_t>(1, std::size_t(std::lround(share * double(n))));
  const Ladder ladder(test.scored, test.scored.scores, false);
  const double positives = ladder.Taking(n).true_positive;
  const auto part = [&](double found) -> Json {
    const stats::Range range = stats::WilsonInterval(found, double(taken));
    return {{"precision", found / double(taken)},
            {"low", range.low},
            {"high", range.high},
            {"found_share", positives > 0 ? Json(found / positives) : Json()}};
  };
  Json out = {{"rows", n},           {"taken", taken},
              {"share", share},      {"model", part(PositivesAmong(ladder, taken))},
              {"baseline", nullptr}, {"chance", positives / double(n)}};
  if (test.baseline_scores.size() == test.scored.scores.size())
    out["baseline"] = part(PositivesAmong(Ladder(test.scored, test.baseline_scores, false), taken));
  return out;
}

Json RegretJson(const Regret& regret, std::span<const double> truth, std::span<const double> decided,
                std::span<const double> undecided, std::span<const double> baseline,
                std::span<const std::uint64_t> groups) {
  const auto of = [&](std::span<const double> predictions) {
    std::vector<double> costs(predictions.size());
    for (std::size_t i = 0; i < costs.size(); ++i) costs[i] = regret.Of(truth[i], predictions[i]);
    return costs;
  };
  const std::vector<double> model = of(decided), plain = of(undecided), simple = of(baseline);
  const bool to_baseline = simple.size() == model.size() && Mean(simple) < Mean(plain);
  return {{"per_rows", kWorthRows},
          {"quantile", regret.quantile()},
          {"under", regret.under},
          {"over", regret.over},
          {"model", Mean(model) * kWorthRows},
          {"undecided", Mean(plain) * kWorthRows},
          {"baseline", simple.size() == model.size() ? Json(Mean(simple) * kWorthRows) : Json()},
          {"gain", GainJson(MeanGain(Difference(to_baseline ? simple : plain, model), groups),
                            to_baseline ? "baseline" : "undecided")}};
}

double QuantileOf(std::span<const double> values, double quantile) {
  std::vector<double> sorted(values.begin(), values.end());
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  const double rank = std::ceil(quantile * double(sorted.size()) - 1e-9);
  return sorted[std::size_t(std::clamp(rank, 1.0, double(sorted.size()))) - 1];
}

}  // namespace tagwerk::evaluate
