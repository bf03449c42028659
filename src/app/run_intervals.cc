// Intervals and prediction sets: fitted on out-of-fold predictions, checked on held-out rows.
#include <algorithm>
#include <cmath>

#include "app/run_state.h"
#include "base/constants.h"
#include "base/hash.h"
#include "base/random.h"
#include "evaluate/interval_choice.h"
#include "stats/tests.h"

namespace tagwerk::app {

namespace {

constexpr std::size_t kLeastRows = 200;        ///< below: one width for all
constexpr std::size_t kMostRows = 20000;       ///< that the model of the spread learns from
constexpr std::size_t kScoresPerClass = 1000;  ///< kept in the model file; fewer with many classes

/// A small boosting of the size of the out-of-fold error, on some of the out-of-fold rows.
std::optional<pipeline::Member> FitSpread(const RunState& state, const std::vector<double>& size, double unit,
                                          const std::vector<std::size_t>& places) {
  search::SearchInput input = state.search_input;
  input.task = Task::kRegression;
  input.num_classes = 0;
  input.y.assign(state.table().num_rows(), 0.0);
  table::Rows rows;
  for (const std::size_t i : places) {
    const table::RowIndex row = state.search.oof_rows[i];
    input.y[row] = size[i] / unit;
    rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
  search::TrialRecord trial;
  trial.learner = "gradient_boosting";
  trial.parameters.Set("max_leaf_nodes", 8);
  trial.parameters.Set("min_samples_leaf", double(std::max<std::size_t>(10, rows.size() / 50)));
  trial.refit.Set("n_estimators", 60);
  auto members = search::FitMembers(state.context, input, {&trial}, {1.0}, rows);
  if (!members || members->empty()) return std::nullopt;
  return std::move(members->front());
}

/// What a fitted spread says of the given out-of-fold rows.
std::optional<std::vector<double>> SpreadOn(const RunState& state, const pipeline::Member& member,
                                            const std::vector<std::size_t>& places) {
  pipeline::Pipeline alone;
  alone.task = Task::kRegression;
  alone.members = {member};
  table::Rows rows;
  for (const std::size_t i : places) rows.push_back(state.search.oof_rows[i]);
  auto predictions = alone.Predict(state.context, state.table().Take(rows), 0);
  if (!predictions) return std::nullopt;
  return std::move(predictions->scores);
}

/// Out-of-fold rows by halves, at most so many.
std::vector<std::vector<std::size_t>> HalvesOf(const RunState& state) {
  const std::size_t n = state.search.oof_rows.size();
  std::vector<std::vector<std::size_t>> halves(2);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t draw = Mix64(state.context.seed, 0x73707264, state.search.oof_rows[i]);
    if (n > kMostRows && double(draw >> 1) / 0x1p63 > double(kMostRows) / double(n)) continue;
    halves[draw & 1].push_back(i);
  }
  return halves;
}

bool TimeForSpread(const RunState& state) {
  if (state.request.trials > 0) return !state.context.Stopped();
  return !state.context.Stopped() && state.context.SecondsLeft() > 0.12 * state.request.budget_seconds;
}

/// Cross-fitted spread of the rows of both halves (0 for other rows), and one fitted on both.
struct Spreads {
  std::vector<double> of_row;
  std::optional<pipeline::Member> member;
  double floor = 0;
};

std::optional<Spreads> FitSpreads(const RunState& state, const std::vector<double>& errors) {
  const auto halves = HalvesOf(state);
  if (std::min(halves[0].size(), halves[1].size()) < kLeastRows / 2 || !TimeForSpread(state)) return std::nullopt;
  std::vector<double> size(errors.size());
  double unit = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) unit += (size[i] = std::abs(errors[i])) / double(errors.size());
  if (!(unit > 0)) return std::nullopt;
  Spreads out;
  out.of_row.assign(errors.size(), 0.0);
  std::vector<double> seen;
  for (const std::size_t half : {0, 1}) {
    const auto member = FitSpread(state, size, unit, halves[1 - half]);
    if (!member) return std::nullopt;
    const auto spread = SpreadOn(state, *member, halves[half]);
    if (!spread) return std::nullopt;
    for (std::size_t i = 0; i < spread->size(); ++i) out.of_row[halves[half][i]] = (*spread)[i];
    seen.insert(seen.end(), spread->begin(), spread->end());
  }
  out.floor = std::max(1e-3, evaluate::QuantileOf(seen, 0.05));
  std::vector<std::size_t> both = halves[0];
  both.insert(both.end(), halves[1].begin(), halves[1].end());
  out.member = FitSpread(state, size, unit, both);
  if (!out.member) return std::nullopt;
  return out;
}

Json CoverageEntry(double level, double inside, double rows, double width) {
  const stats::Range range = stats::WilsonInterval(inside, rows);
  return {{"level", level},
          {"observed", inside / rows},
          {"low", range.low},
          {"high", range.high},
          {"mean_width", std::isfinite(width) ? Json(width / rows) : Json()}};
}

}  // namespace

void ChooseIntervals(RunState& state) {
  if (state.blend.empty()) return;
  const std::vector<double> truth = OutOfFoldTruth(state);
  Intervals& out = state.intervals;
  if (state.goal.task != Task::kRegression) {
    const std::size_t width = state.goal.classes.size();
    out.class_scores.resize(width);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const auto cls = std::size_t(truth[i]);
      out.class_scores[cls].push_back(1 - state.blend[i * width + cls]);
    }
    const std::size_t most = width <= 20 ? kScoresPerClass : kScoresPerClass / 5;
    for (auto& scores : out.class_scores) scores = pipeline::Pipeline::ResidualQuantiles(std::move(scores), most);
    return;
  }
  std::vector<double> errors(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) errors[i] = truth[i] - state.blend[i];
  const auto spreads = errors.size() >= kLeastRows ? FitSpreads(state, errors) : std::nullopt;
  const evaluate::IntervalChoice choice =
      evaluate::ChooseInterval(errors, spreads ? std::span<const double>(spreads->of_row) : std::span<const double>(),
                               spreads ? spreads->floor : 0, 0.9);
  out.kind = choice.kind;
  out.evidence = choice.evidence;
  out.residuals = pipeline::Pipeline::ResidualQuantiles(choice.scaled);
  if (choice.asymmetric) out.errors = evaluate::ThinnedSorted(choice.scaled, 10000);
  out.scaled_errors = choice.scaled;
  if (choice.by_spread) {
    out.spread = spreads->member;
    out.spread_floor = spreads->floor;
  }
}

Json IntervalCoverage(const RunState& state) {
  Json coverage = Json::array();
  const pipeline::Predictions& predicted = state.judged_predictions;
  const std::size_t n = state.judge_truth.size();
  const bool unknown = state.judged.spread && predicted.spread.empty();  // out-of-fold rows: not predicted anew
  if (n == 0 || predicted.scores.size() != n || state.judged.residuals.empty() || unknown)
    return {{"coverage", coverage}};
  for (const double level : {0.5, 0.8, 0.9, 0.95}) {
    const auto [below, above] = state.judged.IntervalReach(level);
    double inside = 0, width = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double spread = predicted.spread.empty() ? 1 : predicted.spread[i];
      const double error = state.judge_truth[i] - predicted.scores[i];
      inside += error >= -below * spread && error <= above * spread;
      width += (below + above) * spread;
    }
    coverage.push_back(CoverageEntry(level, inside, double(n), width));
  }
  return {{"coverage", coverage}, {"kind", state.intervals.kind}, {"choice", state.intervals.evidence}};
}

Json SetCoverage(const RunState& state) {
  Json sets = Json::array();
  const std::size_t n = state.judge_truth.size(), width = state.goal.classes.size();
  const std::vector<double>& scores = state.judged_predictions.scores;
  if (n == 0 || scores.size() != n * width) return sets;
  for (const double level : {0.8, 0.9, 0.95}) {
    const std::vector<std::uint8_t> in = state.judged.PredictionSets(scores, level);
    if (in.empty()) return sets;
    double inside = 0, size = 0;
    std::vector<double> rows(width, 0.0), hits(width, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const auto cls = std::size_t(state.judge_truth[i]);
      rows[cls] += 1;
      hits[cls] += in[i * width + cls];
      inside += in[i * width + cls];
      for (std::size_t k = 0; k < width; ++k) size += in[i * width + k];
    }
    Json entry = CoverageEntry(level, inside, double(n), NAN);
    entry.erase("mean_width");
    entry["mean_size"] = size / double(n);
    entry["classes"] = Json::array();
    for (std::size_t k = 0; k < width && k < 50; ++k)
      entry["classes"].push_back({{"label", state.goal.classes[k]},
                                  {"rows", rows[k]},
                                  {"observed", rows[k] > 0 ? Json(hits[k] / rows[k]) : Json()}});
    sets.push_back(std::move(entry));
  }
  return sets;
}

}  // namespace tagwerk::app
