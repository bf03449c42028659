// One pass for the size of the errors, one for their tails; both judged by evaluate::ChooseInterval.
#include "app/run_spread.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "base/random.h"

namespace tagwerk::app {

namespace {

constexpr std::size_t kLeastSpreadRows = 200;   ///< below: one width for all
constexpr std::size_t kMostSpreadRows = 20000;  ///< that the models of the spread learn from
constexpr double kTail = 0.05;  ///< the quantiles of an interval of 90 %, the level that people ask for most

using Places = std::vector<std::size_t>;

search::TrialRecord SmallBoosting(std::size_t rows) {
  search::TrialRecord trial;
  trial.learner = "gradient_boosting";
  trial.parameters.Set("max_leaf_nodes", 8);
  trial.parameters.Set("min_samples_leaf", double(std::max<std::size_t>(10, rows / 50)));
  trial.refit.Set("n_estimators", 60);
  return trial;
}

/// Small boostings on some of the out-of-fold rows: of the size of the error, or of its outer quantiles (below, above).
std::vector<pipeline::Member> FitOn(const RunState& state, const Spreads& spreads, const Places& places, bool tails) {
  search::SearchInput input = state.search_input;
  input.task = Task::kRegression;
  input.num_classes = 0;
  input.y.assign(state.table().num_rows(), 0.0);
  table::Rows rows;
  for (const std::size_t i : places) {
    const table::RowIndex row = state.search.oof_rows[i];
    input.y[row] = (tails ? spreads.errors[i] : std::abs(spreads.errors[i])) / spreads.unit;
    rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
  std::vector<search::TrialRecord> trials(tails ? 2 : 1, SmallBoosting(rows.size()));
  for (std::size_t side = 0; tails && side < 2; ++side) {
    trials[side].parameters.Set("loss", 3);  // quantile
    trials[side].parameters.Set("quantile", side == 0 ? kTail : 1 - kTail);
  }
  std::vector<const search::TrialRecord*> wanted;
  for (const auto& trial : trials) wanted.push_back(&trial);
  auto members = search::FitMembers(state.context, input, wanted, std::vector<double>(wanted.size(), 1.0), rows);
  if (!members || members->size() != wanted.size()) return {};
  return std::move(*members);
}

/// What a fitted model says of the given out-of-fold rows.
std::optional<std::vector<double>> SaysOf(const RunState& state, const pipeline::Member& member, const Places& places) {
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
std::vector<Places> HalvesOf(const RunState& state) {
  const std::size_t n = state.search.oof_rows.size();
  std::vector<Places> halves(2);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t draw = Mix64(state.context.seed, 0x73707264, state.search.oof_rows[i]);
    if (n > kMostSpreadRows && double(draw >> 1) / 0x1p63 > double(kMostSpreadRows) / double(n)) continue;
    halves[draw & 1].push_back(i);
  }
  return halves;
}

bool TimeLeft(const RunState& state, double share) {
  if (state.request.trials > 0) return !state.context.Stopped();
  return !state.context.Stopped() && state.context.SecondsLeft() > share * state.request.budget_seconds;
}

/// Each half from a model of the other; one column a side, empty when a fit failed.
std::vector<std::vector<double>> CrossFit(const RunState& state, const Spreads& spreads,
                                          const std::vector<Places>& halves, bool tails) {
  std::vector<std::vector<double>> out(tails ? 2 : 1, std::vector<double>(spreads.errors.size(), 0.0));
  for (const std::size_t half : {0, 1}) {
    const auto members = FitOn(state, spreads, halves[1 - half], tails);
    if (members.empty()) return {};
    for (std::size_t side = 0; side < out.size(); ++side) {
      const auto says = SaysOf(state, members[side], halves[half]);
      if (!says) return {};
      for (std::size_t i = 0; i < says->size(); ++i) out[side][halves[half][i]] = (*says)[i];
    }
  }
  return out;
}

/// The 5 % quantile of what was said, at least a thousandth of the mean size; of tails, which may say less than 0, at
/// least a tenth of the median.
double FloorOf(const Places& places, const std::vector<const std::vector<double>*>& said) {
  std::vector<double> all;
  for (const auto* one : said)
    for (const std::size_t i : places) all.push_back((*one)[i]);
  return std::max({1e-3, evaluate::QuantileOf(all, 0.05), said.size() > 1 ? 0.1 * evaluate::QuantileOf(all, 0.5) : 0});
}

}  // namespace

Spreads FitSpreads(const RunState& state, const std::vector<double>& errors) {
  Spreads out;
  const auto halves = HalvesOf(state);
  if (std::min(halves[0].size(), halves[1].size()) < kLeastSpreadRows / 2 || !TimeLeft(state, 0.12)) return out;
  out.errors = errors;
  out.unit = 0;
  for (const double e : errors) out.unit += std::abs(e) / double(errors.size());
  if (!(out.unit > 0)) return out;
  for (const Places& half : halves) out.places.insert(out.places.end(), half.begin(), half.end());
  const TimePoint started = Clock::now();
  auto size = CrossFit(state, out, halves, false);
  if (size.empty()) return out;
  out.size = std::move(size[0]);
  out.size_floor = FloorOf(out.places, {&out.size});
  // Two models a half take about twice as long; one more fit of the chosen kind is to come.
  const double spent = std::chrono::duration<double>(Clock::now() - started).count();
  if (!TimeLeft(state, 0.11 + 3 * spent / state.request.budget_seconds)) return out;
  auto tails = CrossFit(state, out, halves, true);
  if (tails.empty()) return out;
  out.below = std::move(tails[0]);
  out.above = std::move(tails[1]);
  for (double& v : out.below) v = -v;
  out.tails_floor = FloorOf(out.places, {&out.below, &out.above});
  return out;
}

bool FitChosenSpread(RunState& state, const Spreads& spreads, bool tails) {
  Intervals& out = state.intervals;
  auto members = FitOn(state, spreads, spreads.places, tails);
  if (members.empty()) return false;
  out.spread = std::move(members.back());
  if (tails) out.spread_below = std::move(members.front());
  out.spread_floor = tails ? spreads.tails_floor : spreads.size_floor;
  return true;
}

}  // namespace tagwerk::app
