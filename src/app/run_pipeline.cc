// From fitted members to the pipeline that is saved; and scores where no test set exists.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "app/run_state.h"
#include "base/random.h"
#include "base/text.h"

namespace tagwerk::app {

namespace {

pipeline::Input InputOf(const RunState& state, std::size_t column) {
  pipeline::Input input;
  input.field = state.table().field(column);
  const profile::ColumnProfile& facts = state.profile.columns[column];
  input.missing_share = facts.rows > 0 ? double(facts.missing) / double(facts.rows) : 0;
  if (state.table().column(column).storage() == table::Storage::kString) {
    input.categories = facts.distinct;
  } else {
    input.low = facts.min;
    input.high = facts.max;
  }
  return input;
}

/// Rows to explain predictions against: evenly spaced in the order of their out-of-fold prediction.
table::Table Background(const RunState& state, const pipeline::Pipeline& pipeline) {
  constexpr std::size_t kRows = 40;
  const std::size_t n = state.search.oof_rows.size();
  if (n == 0 || state.blend.size() % n != 0) return {};
  const std::size_t width = state.blend.size() / n;
  const std::size_t cls = state.goal.task == Task::kBinary ? std::size_t(state.goal.positive) : 0;
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return state.blend[a * width + cls] < state.blend[b * width + cls];
  });
  const std::size_t count = std::min(kRows, n);
  table::Rows rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(state.search.oof_rows[order[(2 * i + 1) * n / (2 * count)]]);
  std::vector<std::size_t> columns;
  for (const pipeline::Input& input : pipeline.inputs)
    if (const auto at = state.table().Find(input.field.name)) columns.push_back(*at);
  return state.table().Select(columns).Take(rows);
}

}  // namespace

pipeline::Pipeline MakePipeline(const RunState& state, std::vector<pipeline::Member> members) {
  pipeline::Pipeline out;
  const table::Field& target = state.table().field(state.goal.target);
  out.task = state.goal.task;
  out.target = target.name;
  out.classes = state.goal.classes;
  out.numeric_labels = IsClassification(out.task) &&
                       state.table().column(state.goal.target).storage() == table::Storage::kDouble && target.integers;
  out.positive = state.goal.positive;
  out.metric = state.metric->id;
  for (std::size_t feature : state.profile.features) out.inputs.push_back(InputOf(state, feature));
  if (state.goal.id) out.id_column = state.table().field(*state.goal.id).name;
  out.members = std::move(members);
  out.calibration = state.calibration;
  out.residuals = state.intervals.residuals;
  out.errors = state.intervals.errors;
  out.spread = state.intervals.spread;
  out.spread_below = state.intervals.spread_below;
  out.spread_floor = state.intervals.spread_floor;
  out.class_scores = state.intervals.class_scores;
  out.background = Background(state, out);
  if (out.task == Task::kBinary) out.threshold = state.bar.threshold;
  out.shift = state.shift;
  out.extra = {{"data_fingerprint", state.table().Fingerprint()},
               {"split", {{"kind", split::KindName(state.split.kind)}, {"seed", state.context.seed}}}};
  if (out.task == Task::kBinary) out.extra["decision"] = {{"rule", state.bar.rule}};
  if (out.task == Task::kBinary && state.bar.rule != "given" && state.request.decision.capacity) {
    out.extra["decision"]["capacity"] = CapacityMember(state);
    out.extra["decision"]["floor"] = state.bar.floor;
  }
  if (out.task == Task::kRegression && state.request.decision.regret.is_object())
    out.extra["decision"] = {{"rule", "quantile"}, {"regret", state.request.decision.regret}};
  return out;
}

namespace {

/// Metrics of the choice repeated inside bootstrap samples and judged outside of them.
std::vector<evaluate::MetricValue> Corrected(const RunState& state, const std::vector<const metrics::Metric*>& metrics,
                                             int samples, std::size_t most_rows) {
  const std::vector<double> truth = OutOfFoldTruth(state);
  const std::size_t n = truth.size();
  const auto k = std::size_t(state.goal.task == Task::kRegression ? 1 : state.goal.classes.size());
  std::vector<const std::vector<double>*> candidates = {&state.blend};
  for (const auto& trial : state.search.trials)
    if (trial.status == "ok" && trial.oof.size() == n * k) candidates.push_back(&trial.oof);

  const auto score = [&](const metrics::Metric& metric, const std::vector<double>& scores, const table::Rows& rows) {
    std::vector<double> y, p;
    for (table::RowIndex row : rows) {
      y.push_back(truth[row]);
      p.insert(p.end(), scores.begin() + std::ptrdiff_t(row * k), scores.begin() + std::ptrdiff_t((row + 1) * k));
    }
    evaluate::EvaluateInput input = OutOfFoldInput(state, y, p);
    return metric.compute(input.scored);
  };
  std::vector<std::vector<double>> draws(metrics.size(), std::vector<double>(std::size_t(samples), std::nan("")));
  state.context.pool->For(std::size_t(samples), [&](std::size_t sample) {
    Random random(Mix64(state.context.seed, 0xBBC, sample));
    const std::size_t size = std::min(n, most_rows);
    std::vector<char> inside(n, 0);
    table::Rows in_bag, out_of_bag;
    for (std::size_t i = 0; i < size; ++i) {
      const auto row = table::RowIndex(random.Below(n));
      in_bag.push_back(row);
      inside[row] = 1;
    }
    // From a random row on, in large strides: the rows are in the order of the folds.
    const std::size_t start = random.Below(n), step = n > most_rows ? n / most_rows : 1;
    for (std::size_t i = 0; i < n && out_of_bag.size() < most_rows; ++i) {
      const std::size_t row = (start + i * step) % n;
      if (inside[row] == 0) out_of_bag.push_back(table::RowIndex(row));
      inside[row] = 1;
    }
    if (out_of_bag.empty()) return;
    std::size_t best = 0;
    double best_score = std::nan("");
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const double value = score(*state.metric, *candidates[c], in_bag);
      if (!std::isnan(value) &&
          (std::isnan(best_score) || metrics::Improvement(*state.metric, best_score, value) > 0)) {
        best_score = value;
        best = c;
      }
    }
    for (std::size_t m = 0; m < metrics.size(); ++m)
      draws[m][sample] = score(*metrics[m], *candidates[best], out_of_bag);
  });

  std::vector<evaluate::MetricValue> values;
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    std::vector<double> valid;
    for (double draw : draws[m])
      if (std::isfinite(draw)) valid.push_back(draw);
    if (valid.empty()) continue;
    std::sort(valid.begin(), valid.end());
    double mean = 0;
    for (double draw : valid) mean += draw / double(valid.size());
    const auto at = [&](double share) { return valid[std::size_t(share * double(valid.size() - 1) + 0.5)]; };
    values.push_back({metrics[m]->id, mean, at(0.025), at(0.975), 0.95, std::int64_t(n), metrics[m]->direction});
  }
  return values;
}

std::size_t Candidates(const RunState& state) {
  std::size_t count = 0;
  for (const auto& trial : state.search.trials) count += trial.status == "ok" && !trial.oof.empty();
  return count;
}

}  // namespace

std::vector<evaluate::MetricValue> CorrectedOutOfFold(const RunState& state) {
  auto values = Corrected(state, metrics::MetricsOf(state.goal.task), 200, 5000);
  std::stable_sort(values.begin(), values.end(), [&](const auto& a, const auto& b) {
    return (a.name == state.metric->id) > (b.name == state.metric->id);
  });
  return values;
}

Json SelectionCheck(const RunState& state) {
  if (state.blend.empty() || state.context.ShouldStop()) return nullptr;
  const std::vector<double> truth = OutOfFoldTruth(state);
  const double chosen = state.metric->compute(OutOfFoldInput(state, truth, state.blend).scored);
  const auto corrected = Corrected(state, {state.metric}, 100, 3000);
  if (corrected.empty() || !std::isfinite(chosen)) return nullptr;
  return {{"metric", state.metric->id},
          {"candidates", Candidates(state)},
          {"chosen", chosen},
          {"corrected", corrected[0].value},
          {"low", corrected[0].low},
          {"high", corrected[0].high},
          {"optimism", metrics::Improvement(*state.metric, corrected[0].value, chosen)}};
}

Json FoldScores(const RunState& state) {
  const std::size_t n = state.search.oof_rows.size();
  if (n == 0 || state.blend.size() % n != 0) return nullptr;
  const std::size_t width = state.blend.size() / n;
  std::vector<std::int64_t> place(state.table().num_rows(), -1);
  for (std::size_t i = 0; i < n; ++i) place[state.search.oof_rows[i]] = std::int64_t(i);
  Json scores = Json::array();
  double ratio = 0;
  for (const split::Fold& fold : state.split.folds) {
    std::vector<double> truth, part;
    for (const table::RowIndex row : fold.valid) {
      if (place[row] < 0) continue;
      const auto at = state.blend.begin() + place[row] * std::ptrdiff_t(width);
      truth.push_back(state.y[row]);
      part.insert(part.end(), at, at + std::ptrdiff_t(width));
    }
    scores.push_back(truth.empty() ? std::nan("") : state.metric->compute(OutOfFoldInput(state, truth, part).scored));
    ratio += double(fold.valid.size()) / double(std::max<std::size_t>(1, fold.train.size()));
  }
  return {{"metric", state.metric->id},
          {"scores", std::move(scores)},
          {"test_over_train", ratio / double(std::max<std::size_t>(1, state.split.folds.size()))}};
}

}  // namespace tagwerk::app
