// From fitted members to the pipeline that is saved; and scores where no test set exists.
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/run_state.h"
#include "base/random.h"
#include "base/text.h"

namespace tagwerk::app {

namespace {

std::vector<double> AbsoluteResiduals(const std::vector<double>& truth, const std::vector<double>& scores) {
  std::vector<double> residuals(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) residuals[i] = std::abs(truth[i] - scores[i]);
  return residuals;
}

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
  if (!state.blend.empty()) {
    const std::vector<double> truth = OutOfFoldTruth(state);
    if (out.task == Task::kRegression)
      out.residuals = pipeline::Pipeline::ResidualQuantiles(AbsoluteResiduals(truth, state.blend));
    if (out.task == Task::kBinary)
      out.threshold =
          evaluate::ChooseThreshold(OutOfFoldInput(state, truth, state.blend), state.request.value, state.metric->id);
  }
  out.extra = {{"data_fingerprint", state.table().Fingerprint()},
               {"split", {{"kind", split::KindName(state.split.kind)}, {"seed", state.context.seed}}}};
  return out;
}

std::vector<evaluate::MetricValue> CorrectedOutOfFold(const RunState& state) {
  constexpr int kSamples = 200;
  constexpr std::size_t kMaxRows = 5000;
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
  const auto metrics = metrics::MetricsOf(state.goal.task);
  std::vector<std::vector<double>> draws(metrics.size(), std::vector<double>(kSamples, std::nan("")));
  state.context.pool->For(kSamples, [&](std::size_t sample) {
    Random random(Mix64(state.context.seed, 0xBBC, sample));
    const std::size_t size = std::min(n, kMaxRows);
    std::vector<char> inside(n, 0);
    table::Rows in_bag, out_of_bag;
    for (std::size_t i = 0; i < size; ++i) {
      const auto row = table::RowIndex(random.Below(n));
      in_bag.push_back(row);
      inside[row] = 1;
    }
    for (std::size_t row = 0; row < n && out_of_bag.size() < kMaxRows; ++row)
      if (!inside[row]) out_of_bag.push_back(table::RowIndex(row));
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
  std::stable_sort(values.begin(), values.end(), [&](const auto& a, const auto& b) {
    return (a.name == state.metric->id) > (b.name == state.metric->id);
  });
  return values;
}

}  // namespace tagwerk::app
