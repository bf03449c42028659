// How far the errors of the final models lie from the out-of-fold errors that intervals are made of. Fold
// models learn from fewer rows than the models that are delivered, may stop where their fold suits them best, and may
// have been cut short by the budget; intervals made of their errors would hold more than they say.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/run_state.h"
#include "base/random.h"

namespace tagwerk::app {

namespace {

constexpr std::size_t kMostFolds = 3, kLeastRows = 100;
constexpr double kMostTime = 0.04;  ///< of the budget, for all folds but the last one begun
constexpr int kResamples = 100;

/// Sizes of the errors on the same rows: out of fold; as the final models are fitted, on a fold's training rows; and
/// on a part of them.
struct Seen {
  std::vector<double> out_of_fold, whole, part;
};

/// Logarithm of the mean size of some errors.
double PlaceOf(const std::vector<double>& sizes, const std::vector<std::uint32_t>& rows) {
  double sum = 0;
  for (const std::uint32_t i : rows) sum += sizes[i];
  return std::log(std::max(sum / double(rows.size()), 1e-300));
}

std::vector<double> SizesOf(const RunState& state, const std::vector<double>& scores, const table::Rows& rows) {
  std::vector<double> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(std::abs(state.y[rows[i]] - scores[i]));
  return out;
}

/// Errors on some rows of the trial fitted as the final models are.
std::optional<std::vector<double>> FittedOn(const RunState& state, const search::TrialRecord& trial,
                                            const table::Rows& learn, const table::Rows& judge) {
  auto members = search::FitMembers(state.context, state.search_input, {&trial}, {1.0}, learn);
  if (!members || members->empty()) return std::nullopt;
  pipeline::Pipeline alone;
  alone.task = Task::kRegression;
  alone.members = std::move(*members);
  const auto predicted = alone.Predict(state.context, state.table().Take(judge), 0);
  if (!predicted) return std::nullopt;
  return SizesOf(state, predicted->scores, judge);
}

std::vector<double> OutOfFold(const RunState& state, const search::TrialRecord& trial, const table::Rows& rows,
                              const std::vector<std::int64_t>& place) {
  std::vector<double> scores;
  for (const table::RowIndex row : rows) scores.push_back(trial.oof[std::size_t(place[row])]);
  return SizesOf(state, scores, rows);
}

table::Rows PartOf(const RunState& state, const table::Rows& rows, double share) {
  table::Rows out;
  for (const table::RowIndex row : rows)
    if (ToUnit(Mix64(state.context.seed, 0x67726f77, row)) < share) out.push_back(row);
  return out;
}

Seen Measure(const RunState& state, const search::TrialRecord& trial, double share) {
  std::vector<std::int64_t> place(state.table().num_rows(), -1);
  for (std::size_t i = 0; i < state.search.oof_rows.size(); ++i) place[state.search.oof_rows[i]] = std::int64_t(i);
  const TimePoint started = Clock::now();
  Seen out;
  for (std::size_t f = 0; f < std::min(kMostFolds, state.split.folds.size()); ++f) {
    const split::Fold& fold = state.split.folds[f];
    const double spent = std::chrono::duration<double>(Clock::now() - started).count();
    if (state.context.ShouldStop()) break;
    if (state.request.trials == 0 && spent > kMostTime * state.request.budget_seconds) break;
    table::Rows judge;
    for (const table::RowIndex row : fold.valid)
      if (place[row] >= 0) judge.push_back(row);
    const auto whole = FittedOn(state, trial, fold.train, judge);
    const auto part = FittedOn(state, trial, PartOf(state, fold.train, share), judge);
    if (!whole || !part) break;
    const auto oof = OutOfFold(state, trial, judge, place);
    out.out_of_fold.insert(out.out_of_fold.end(), oof.begin(), oof.end());
    out.whole.insert(out.whole.end(), whole->begin(), whole->end());
    out.part.insert(out.part.end(), part->begin(), part->end());
  }
  return out;
}

/// From out of fold to whole, and `growth` times the step from part to whole; pulled towards 0 by its standard error.
double MoveOf(const RunState& state, const Seen& seen, double growth) {
  const auto estimate = [&](const std::vector<std::uint32_t>& rows) {
    const double whole = PlaceOf(seen.whole, rows);
    return whole - PlaceOf(seen.out_of_fold, rows) + growth * (whole - PlaceOf(seen.part, rows));
  };
  std::vector<std::uint32_t> rows(seen.whole.size());
  std::iota(rows.begin(), rows.end(), 0u);
  const double move = estimate(rows);
  Random random(Mix64(state.context.seed, 0x6d6f7665));
  double variance = 0;
  for (int b = 0; b < kResamples; ++b) {
    for (std::uint32_t& row : rows) row = std::uint32_t(random.Below(seen.whole.size()));
    const double d = estimate(rows) - move;
    variance += d * d / kResamples;
  }
  if (move == 0) return 0;
  const double kept = std::max(0.0, 1 - variance / (move * move)) * move;
  return std::clamp(kept, -0.25, 0.1);
}

}  // namespace

void MeasureGrowth(RunState& state) {
  Intervals& out = state.intervals;
  if (state.goal.task != Task::kRegression || state.split.folds.empty() || state.members.empty()) return;
  const auto heaviest = std::max_element(state.weights.begin(), state.weights.end()) - state.weights.begin();
  const search::TrialRecord& trial = state.search.trials[state.members[std::size_t(heaviest)]];
  const double in_fold = double(state.split.folds[0].train.size());
  const double in_all = double(state.request.refit ? state.profile.labelled.size() : state.split.train.size());
  const double share = in_fold / in_all;
  const double one_fold = trial.fit_seconds / std::max(1, trial.folds_done) * (1 + share);
  if (trial.oof.size() != state.blend.size() || share > 0.98 || share * in_fold < kLeastRows) return;
  if (state.request.trials == 0 && one_fold > 2 * kMostTime * state.request.budget_seconds) return;
  const Seen seen = Measure(state, trial, share);
  if (seen.whole.size() < kLeastRows) return;
  // The part is to the fold what the fold is to all rows. Errors fall towards a floor as c + a / sqrt(n), so the next
  // step of the same ratio brings sqrt(share) of what this one brought.
  const double step = std::sqrt(share), to_train = std::log(double(state.split.train.size()) / in_fold);
  out.move_all = MoveOf(state, seen, step);
  out.move_train = MoveOf(state, seen, step * to_train / std::log(1 / share));
  out.growth = {{"learner", trial.title},
                {"rows", seen.whole.size()},
                {"share", share},
                {"move_train", out.move_train},
                {"move_all", out.move_all}};
}

void MoveIntervals(pipeline::Pipeline& pipeline, double move) {
  for (double& r : pipeline.residuals) r *= std::exp(move);
  for (double& e : pipeline.errors) e *= std::exp(move);
}

}  // namespace tagwerk::app
