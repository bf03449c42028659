// Intervals and prediction sets: fitted on out-of-fold predictions, checked on held-out rows.
#include <algorithm>
#include <cmath>

#include "app/run_spread.h"
#include "base/constants.h"
#include "evaluate/interval_choice.h"
#include "evaluate/level_map.h"
#include "stats/tests.h"

namespace tagwerk::app {

namespace {

constexpr std::size_t kScoresPerClass = 1000;  ///< kept in the model file; fewer with many classes

Json CoverageEntry(double level, double inside, double rows, double width) {
  const stats::Range range = stats::WilsonInterval(inside, rows);
  return {{"level", level},
          {"observed", inside / rows},
          {"low", range.low},
          {"high", range.high},
          {"mean_width", std::isfinite(width) ? Json(width / rows) : Json()}};
}

/// Fold that each out-of-fold row was predicted in.
std::vector<std::int32_t> FoldsOf(const RunState& state) {
  std::vector<std::int32_t> of_row(state.table().num_rows(), -1), folds;
  for (std::size_t f = 0; f < state.split.folds.size(); ++f)
    for (const table::RowIndex row : state.split.folds[f].valid) of_row[row] = std::int32_t(f);
  for (const table::RowIndex row : state.search.oof_rows) folds.push_back(of_row[row]);
  return folds;
}

}  // namespace

void ChooseIntervals(RunState& state) {
  if (state.blend.empty()) return;
  const std::vector<double> truth = OutOfFoldTruth(state);
  Intervals& out = state.intervals;
  if (state.goal.task != Task::kRegression) {
    const std::size_t width = state.goal.classes.size();
    std::vector<evaluate::FoldedScores> classes(width);
    const std::vector<std::int32_t> folds = FoldsOf(state);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      evaluate::FoldedScores& of_class = classes[std::size_t(truth[i])];
      of_class.scores.push_back(1 - state.blend[i * width + std::size_t(truth[i])]);
      of_class.folds.push_back(folds[i]);
    }
    const std::size_t most = width <= 20 ? kScoresPerClass : kScoresPerClass / 5;
    std::size_t tied = 0;
    for (const evaluate::FoldedScores& of_class : classes) {
      tied += evaluate::TiesByFold(of_class) ? of_class.scores.size() : 0;
      out.class_scores.push_back(evaluate::OrderStatistics(of_class, most));
    }
    out.tied = 2 * tied > truth.size();
    return;
  }
  std::vector<double> errors(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) errors[i] = truth[i] - state.blend[i];
  const Spreads spreads = FitSpreads(state, errors);
  evaluate::IntervalChoice choice = evaluate::ChooseInterval(
      errors, {spreads.size, spreads.below, spreads.above, spreads.size_floor, spreads.tails_floor}, 0.9);
  if ((choice.by_spread || choice.by_quantiles) && !FitChosenSpread(state, spreads, choice.by_quantiles))
    choice = evaluate::ChooseInterval(errors, {}, 0.9);
  out.kind = choice.kind;
  out.evidence = choice.evidence;
  out.residuals = pipeline::Pipeline::ResidualQuantiles(choice.scaled);
  if (choice.asymmetric) out.errors = evaluate::ThinnedSorted(choice.scaled, 10000);
  out.scaled_errors = choice.scaled;
  MeasureGrowth(state);
}

Json IntervalCoverage(const RunState& state) {
  Json coverage = Json::array();
  const pipeline::Predictions& predicted = state.judged_predictions;
  const std::size_t n = state.judge_truth.size();
  const bool unknown = state.judged.spread && predicted.spread.empty();  // out-of-fold rows: not predicted anew
  if (n == 0 || predicted.scores.size() != n || state.judged.residuals.empty() || unknown)
    return {{"coverage", coverage}};
  const HalfLevels halves = LevelsByHalf(state);
  for (const double level : {0.5, 0.8, 0.9, 0.95}) {
    double inside = 0, width = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto [below, above] = halves.For(state, i).IntervalReach(level);
      const double up = predicted.spread.empty() ? 1 : predicted.spread[i];
      const double down = predicted.spread.empty() ? 1 : predicted.SpreadBelow(i);
      const double error = state.judge_truth[i] - predicted.scores[i];
      inside += error >= -below * down && error <= above * up;
      width += below * down + above * up;
    }
    coverage.push_back(CoverageEntry(level, inside, double(n), width));
  }
  return {{"coverage", coverage},
          {"kind", state.intervals.kind},
          {"choice", state.intervals.evidence},
          {"growth", state.intervals.growth},
          {"levels", LevelsJson(state)}};
}

Json SetCoverage(const RunState& state) {
  Json sets = Json::array();
  const std::size_t n = state.judge_truth.size(), width = state.goal.classes.size();
  const std::vector<double>& scores = state.judged_predictions.scores;
  if (n == 0 || scores.size() != n * width) return sets;
  const HalfLevels halves = LevelsByHalf(state);
  for (const double level : {0.8, 0.9, 0.95}) {
    std::vector<std::uint8_t> in = state.judged.PredictionSets(scores, level);
    if (in.empty()) return sets;
    for (std::size_t h = 0; h < halves.by_half.size(); ++h) {
      const std::vector<std::uint8_t> moved = halves.by_half[h].PredictionSets(scores, level);
      for (std::size_t i = 0; i < n * width; ++i)
        if (halves.half[i / width] != h) in[i] = moved[i];
    }
    double inside = 0, size = 0, empty = 0;
    std::vector<double> rows(width, 0.0), hits(width, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const auto cls = std::size_t(state.judge_truth[i]);
      rows[cls] += 1;
      hits[cls] += in[i * width + cls];
      inside += in[i * width + cls];
      const auto row = in.begin() + std::ptrdiff_t(i * width);
      const auto labels = std::count(row, row + std::ptrdiff_t(width), std::uint8_t(1));
      size += double(labels);
      empty += labels == 0;
    }
    Json entry = CoverageEntry(level, inside, double(n), NAN);
    entry.erase("mean_width");
    entry["mean_size"] = size / double(n);
    entry["empty_share"] = empty / double(n);
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
