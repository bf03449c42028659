// Decisions: confusion, and what each threshold would decide and be worth.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "evaluate/evaluate.h"
#include "evaluate/ladder.h"
#include "metrics/decisions.h"

namespace tagwerk::evaluate {
namespace {

constexpr std::size_t kShownClasses = 50;
constexpr int kGridPoints = 49;  // of each kind: even steps and quantiles of the scores
constexpr double kPerRows = 1000;

Json PointJson(double threshold, const Outcomes& outcomes, const Json& worth) {
  return {{"threshold", threshold},
          {"true_positive", std::int64_t(outcomes.true_positive)},
          {"false_positive", std::int64_t(outcomes.false_positive)},
          {"false_negative", std::int64_t(outcomes.false_negative)},
          {"true_negative", std::int64_t(outcomes.true_negative)},
          {"value", worth}};
}

std::vector<double> ThresholdGrid(const Ladder& ladder, double chosen) {
  std::vector<double> grid{chosen};
  for (int i = 1; i <= kGridPoints; ++i) {
    grid.push_back(double(i) / (kGridPoints + 1));
    if (ladder.size() > 0) grid.push_back(ladder.scores()[std::size_t(i) * (ladder.size() - 1) / (kGridPoints + 1)]);
  }
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

}  // namespace

Json ConfusionJson(const EvaluateInput& input) {
  const auto k = std::size_t(input.scored.num_classes);
  const std::vector<std::int32_t> decided = metrics::Decide(input.scored);
  // Of very many classes the most frequent ones are shown; the others share the last line.
  std::vector<std::size_t> rows(k, 0), order(k), place(k);
  for (const double t : input.scored.truth) ++rows[std::size_t(t)];
  std::iota(order.begin(), order.end(), std::size_t(0));
  const std::size_t shown = k <= kShownClasses ? k : kShownClasses - 1;
  if (shown < k) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rows[a] > rows[b]; });
    std::sort(order.begin(), order.begin() + std::ptrdiff_t(shown));
  }
  Json labels = Json::array();
  for (std::size_t i = 0; i < k; ++i) {
    place[order[i]] = std::min(i, shown);
    if (i < shown) labels.push_back(order[i] < input.classes.size() ? input.classes[order[i]] : "");
  }
  if (shown < k) labels.push_back("(others)");
  const std::size_t size = labels.size();
  std::vector<std::vector<std::int64_t>> counts(size, std::vector<std::int64_t>(size, 0));
  for (std::size_t i = 0; i < decided.size(); ++i)
    ++counts[place[std::size_t(input.scored.truth[i])]][place[std::size_t(decided[i])]];
  return {{"labels", labels}, {"counts", counts}};
}

Json ThresholdsJson(const EvaluateInput& input, const Json& value_json) {
  TW_CHECK(input.scored.task == Task::kBinary);
  const Value value = ValueFrom(value_json);
  const double chosen = input.scored.threshold;
  const Ladder ladder(input.scored, input.scored.scores, false);
  const auto worth = [&](const Outcomes& outcomes) -> Json {
    if (!value.given || ladder.size() == 0) return nullptr;
    return outcomes.Worth(value) / double(ladder.size()) * kPerRows;
  };
  Json points = Json::array();
  for (const double threshold : ThresholdGrid(ladder, chosen)) {
    const Outcomes outcomes = ladder.At(threshold);
    points.push_back(PointJson(threshold, outcomes, worth(outcomes)));
  }
  Json baseline = nullptr;
  if (input.baseline_scores.size() == input.scored.scores.size())
    baseline = worth(Ladder(input.scored, input.baseline_scores, false).At(input.baseline_threshold));
  return {{"points", points},
          {"chosen", chosen},
          {"value_model", worth(ladder.At(chosen))},
          {"value_baseline", baseline},
          {"value_nothing", worth(ladder.Taking(0))},
          {"value_all", worth(ladder.Taking(ladder.size()))},
          {"per_rows", kPerRows}};
}

}  // namespace tagwerk::evaluate
