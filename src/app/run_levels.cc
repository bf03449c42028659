// What held-out rows say about the levels of intervals and sets; see evaluate/level_map.h. Models that are delivered
// are fitted as the judged ones, not as those of the folds. The figures of the report come from levels of the other
// half.
#include <cmath>

#include "app/run_state.h"
#include "base/random.h"

namespace tagwerk::app {

namespace {

/// For each held-out row the level above which its interval or set holds the truth.
std::vector<double> EnteredAt(const RunState& state) {
  const pipeline::Predictions& predicted = state.judged_predictions;
  const pipeline::Pipeline& judged = state.judged;
  const std::size_t n = state.judge_truth.size(), width = std::size_t(judged.num_outputs());
  std::vector<double> entered;
  if (predicted.scores.size() != n * width) return entered;
  if (state.goal.task != Task::kRegression) {
    if (judged.class_scores.size() != width || state.intervals.tied) return entered;
    for (std::size_t i = 0; i < n; ++i) {
      const auto cls = std::size_t(state.judge_truth[i]);
      entered.push_back(evaluate::EntersAt(judged.class_scores[cls], 1 - predicted.scores[i * width + cls]));
    }
    return entered;
  }
  if (judged.residuals.empty() || (judged.spread && predicted.spread.empty())) return entered;
  for (std::size_t i = 0; i < n; ++i) {
    const double error = state.judge_truth[i] - predicted.scores[i];
    const double unit = predicted.spread.empty() ? 1 : error > 0 ? predicted.spread[i] : predicted.SpreadBelow(i);
    entered.push_back(judged.errors.empty() ? evaluate::EntersAt(judged.residuals, std::abs(error) / unit)
                                            : evaluate::EntersAtTails(judged.errors, error / unit));
  }
  return entered;
}

}  // namespace

void MoveLevels(RunState& state) {
  const std::vector<std::uint64_t> units = JudgeInput(state, state.judged_predictions.scores).groups;
  state.intervals.levels = evaluate::LevelMap(EnteredAt(state), units);
}

void TakeLevels(pipeline::Pipeline& pipeline, const evaluate::LevelMap& levels) {
  pipeline.residuals = evaluate::AtLevels(pipeline.residuals, levels);
  pipeline.errors = evaluate::TailsAtLevels(pipeline.errors, levels);
  for (auto& scores : pipeline.class_scores) scores = evaluate::AtLevels(scores, levels);
}

evaluate::LevelMap LevelsOfAllRows(const RunState& state) {
  // Where growth was measured (regression) it is in the errors. Rows of later times tell of the time that passed, not
  // of more rows.
  const split::Split& split = state.split;
  const bool measured = !state.intervals.growth.is_null();
  if (measured || split.kind == split::Kind::kTime || split.folds.empty() || state.intervals.levels.empty())
    return state.intervals.levels;
  // Errors fall towards a floor as c + a / sqrt(rows): folds, training rows, all rows.
  const auto place = [](std::size_t rows) { return 1 / std::sqrt(double(std::max<std::size_t>(1, rows))); };
  const double folds = place(split.folds[0].train.size()), train = place(split.train.size());
  const double all = place(state.profile.labelled.size());
  if (folds <= train || train <= all) return state.intervals.levels;
  return state.intervals.levels.Further(std::min(1.0, (train - all) / (folds - train)));
}

const pipeline::Pipeline& HalfLevels::For(const RunState& state, std::size_t row) const {
  return by_half.empty() ? state.judged : by_half[1 - half[row]];
}

HalfLevels LevelsByHalf(const RunState& state) {
  HalfLevels out;
  if (state.intervals.levels.empty()) return out;
  const std::vector<std::uint64_t> units = JudgeInput(state, state.judged_predictions.scores).groups;
  const std::vector<double> entered = EnteredAt(state);
  std::vector<double> levels[2];
  std::vector<std::uint64_t> of_half[2];
  for (std::size_t i = 0; i < entered.size(); ++i) {
    const std::uint64_t unit = units.empty() ? i : units[i];
    const std::size_t h = Mix64(state.context.seed, 0x68616c66, unit) % 2;
    out.half.push_back(std::uint8_t(h));
    levels[h].push_back(entered[i]);
    of_half[h].push_back(unit);
  }
  for (const std::size_t h : {0, 1}) {
    out.by_half.push_back(state.judged);
    TakeLevels(out.by_half.back(), evaluate::LevelMap(levels[h], of_half[h]));
  }
  return out;
}

Json LevelsJson(const RunState& state) {
  const evaluate::LevelMap& levels = state.intervals.levels;
  if (levels.empty()) return nullptr;
  const evaluate::LevelMap all = LevelsOfAllRows(state);
  Json list = Json::array();
  for (const double level : {0.5, 0.8, 0.9, 0.95})
    list.push_back({{"level", level},
                    {"observed", levels.Observed(level)},
                    {"used", levels.At(level)},
                    {"all_rows", all.At(level)}});
  return list;
}

}  // namespace tagwerk::app
