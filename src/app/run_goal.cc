// From the goal to decisions: which metric, which bar or quantile, and what they are worth on held-out rows.
#include <algorithm>
#include <cmath>

#include "app/batch_bar.h"
#include "app/run_state.h"
#include "base/constants.h"
#include "base/text.h"

namespace tagwerk::app {

namespace {

Error DoesNotFit(const std::string& option, const std::string& needs, Task task) {
  return Error(Code::kInvalidArgument, "goal-task",
               option + " is for " + needs + ": the task is " + std::string(TaskName(task)))
      .In(option)
      .Do("leave " + option + " out, or choose another --target or --task");
}

/// What tells when a row happened: that of the split, else the only column of times, else the only split date.
std::optional<table::EventTime> TimeOf(const RunState& state) {
  if (state.split.time) return state.split.time;
  if (state.goal.time) return table::EventTime::Of(*state.goal.time);
  std::optional<table::EventTime> found;
  for (std::size_t j = 0; j < state.table().num_columns(); ++j) {
    if (state.table().column(j).storage() != table::Storage::kTimestamp) continue;
    if (found) return std::nullopt;
    found = table::EventTime::Of(j);
  }
  if (found) return found;
  const auto dates = table::FindSplitDates(state.table(), state.profile.features);
  if (dates.size() == 1) found = table::EventTime::Of(dates[0]);
  return found;
}

/// Number of the day, week (from a Monday on) or month that a moment lies in.
std::int64_t PeriodOf(std::int64_t us, const std::string& per) {
  const std::int64_t day = us >= 0 ? us / kMicrosecondsPerDay : (us + 1) / kMicrosecondsPerDay - 1;
  if (per == "day") return day;
  if (per == "week") return (day + 3 >= 0 ? day + 3 : day - 3) / 7;  // 1970-01-01 was a Thursday
  const std::string text = table::TimestampText(day * kMicrosecondsPerDay, true);
  const auto dash = text.find('-', 1);
  const auto year = ParseDouble(text.substr(0, dash)), month = ParseDouble(text.substr(dash + 1, 2));
  return std::int64_t(year.value_or(0)) * 12 + std::int64_t(month.value_or(1));
}

/// Rows that come in one period, on average over the periods that have rows.
Result<double> RowsPerPeriod(const RunState& state, const std::string& per) {
  const auto rows = double(state.profile.labelled.size()) / state.read.sampled.share();
  if (per == "batch") return rows;
  const auto time = TimeOf(state);
  const auto held = time ? table::TimesOf(state.table(), *time) : nullptr;
  if (!held)
    return Error(Code::kInvalidArgument, "capacity-needs-time",
                 "a capacity per " + per + " needs a column of times to count the rows of a " + per)
        .In("--capacity")
        .Do("--time COL, or give the share as --capacity N/batch");
  const auto& times = *held;
  std::vector<std::int64_t> periods;
  for (const table::RowIndex row : state.profile.labelled)
    if (times[row] != table::kMissingTime) periods.push_back(PeriodOf(times[row], per));
  std::sort(periods.begin(), periods.end());
  periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
  return rows / double(std::max<std::size_t>(1, periods.size()));
}

evaluate::Regret RegretOf(const RunState& state) {
  const Json& given = state.request.decision.regret;
  if (!given.is_object()) return {};
  return {given["under"].get<double>(), given["over"].get<double>()};
}

double ShiftOf(const RunState& state, const std::vector<double>& truth, const std::vector<double>& scores,
               bool of_model) {
  const evaluate::Regret regret = RegretOf(state);
  if (regret.under == regret.over || scores.empty()) return 0;
  if (of_model && !state.intervals.scaled_errors.empty())
    return evaluate::QuantileOf(state.intervals.scaled_errors, regret.quantile());
  std::vector<double> errors(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) errors[i] = truth[i] - scores[i];
  return evaluate::QuantileOf(errors, regret.quantile());
}

/// Out-of-fold rows that the bar is chosen on. How many rows pass a bar depends on the level of the scores, which in
/// a split by time still moves with the rows that were learned from: a capacity then looks at the last fold only.
std::vector<std::size_t> RowsForTheBar(const RunState& state) {
  constexpr std::size_t kEnough = 200;
  std::vector<std::size_t> rows;
  if (state.capacity_share < 1 && state.split.kind == split::Kind::kTime && !state.split.folds.empty()) {
    table::Rows last = state.split.folds.back().valid;
    std::sort(last.begin(), last.end());
    for (std::size_t i = 0; i < state.search.oof_rows.size(); ++i)
      if (std::binary_search(last.begin(), last.end(), state.search.oof_rows[i])) rows.push_back(i);
  }
  if (rows.size() >= kEnough) return rows;
  rows.resize(state.search.oof_rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return rows;
}

evaluate::Bar BarOn(const RunState& state, const std::vector<double>& truth, const std::vector<double>& scores,
                    const std::vector<std::size_t>& rows, const evaluate::DecisionWish& wish) {
  std::vector<double> some_truth, some_scores;
  for (const std::size_t i : rows) {
    some_truth.push_back(truth[i]);
    some_scores.insert(some_scores.end(), {scores[2 * i], scores[2 * i + 1]});
  }
  return evaluate::ChooseBar(OutOfFoldInput(state, some_truth, some_scores), wish);
}

Json RegressionDecision(const RunState& state) {
  if (!state.request.decision.regret.is_object()) return nullptr;
  const std::vector<double>& scores = state.judged_predictions.scores;
  if (scores.empty()) return nullptr;
  std::vector<double> decided = scores, baseline = state.baseline_scores;
  if (!state.judged_predictions.values.empty()) decided = state.judged_predictions.values;
  for (double& value : baseline) value += state.baseline_shift;
  return {{"rule", "quantile"},
          {"shift", state.judged.shift},
          {"regret", evaluate::RegretJson(RegretOf(state), state.judge_truth, decided, scores, baseline, {})}};
}

Json BinaryDecision(const RunState& state, const evaluate::EvaluateInput& input) {
  Json value = evaluate::ValueJson(input, state.request.decision.value);
  Json capacity = evaluate::CapacityJson(input, state.capacity_share);
  if (value.is_object() && state.rows_per_period > 0) {
    value["rows_per_period"] = state.rows_per_period;
    value["gain_per_period"] = value["gain"]["difference"].get<double>() / 1000 * state.rows_per_period;
  }
  double marked = 0;
  const auto width = std::size_t(input.scored.num_classes);
  for (std::size_t i = 0; i < input.scored.truth.size(); ++i)
    marked += input.scored.scores[i * width + std::size_t(input.scored.positive)] >= input.scored.threshold;
  return {{"rule", state.bar.rule},
          {"threshold", input.scored.threshold},
          {"threshold_out_of_fold", state.bar_out_of_fold ? Json(*state.bar_out_of_fold) : Json()},
          {"marked_share", marked / double(std::max<std::size_t>(1, input.scored.truth.size()))},
          {"validation_f1", state.bar.f1},
          {"validation_f1_at_half", state.bar.f1_half},
          {"value", std::move(value)},
          {"capacity", std::move(capacity)}};
}

}  // namespace

Status CheckDecisionGoal(RunState& state) {
  const DecisionGoal& wish = state.request.decision;
  const Task task = state.goal.task;
  const std::string two = "two classes";
  if (wish.value.is_object() && task != Task::kBinary) return DoesNotFit("--value", two, task);
  if (wish.capacity && task != Task::kBinary) return DoesNotFit("--capacity", two, task);
  if (wish.threshold && task != Task::kBinary) return DoesNotFit("--threshold", two, task);
  if (wish.regret.is_object() && task != Task::kRegression) return DoesNotFit("--regret", "numbers", task);
  for (const std::string& name : wish.fairness)
    TW_RETURN_IF_ERROR(table::ResolveColumn(state.table().names(), name, "column-not-found", "--fairness"));
  if (state.request.metric != "auto") return Ok();
  // With costs the probabilities themselves decide (a proper score); with a capacity the head of the list; with
  // costs of errors their size, not its square.
  if (wish.regret.is_object()) {
    TW_TRY(state.metric, metrics::FindMetric("mae", task));
  } else if (wish.value.is_object()) {
    TW_TRY(state.metric, metrics::FindMetric("log_loss", task));
  } else if (wish.capacity) {
    TW_TRY(state.metric, metrics::FindMetric("average_precision", task));
  }
  return Ok();
}

Status ResolveCapacity(RunState& state) {
  const auto& capacity = state.request.decision.capacity;
  if (!capacity) return Ok();
  TW_TRY(state.rows_per_period, RowsPerPeriod(state, capacity->per));
  state.capacity_share = std::min(1.0, capacity->actions / std::max(1.0, state.rows_per_period));
  return Ok();
}

void ChooseDecision(RunState& state) {
  const DecisionGoal& wish = state.request.decision;
  const std::vector<double> truth = OutOfFoldTruth(state);
  const search::TrialRecord& baseline = state.search.trials[state.search.best_baseline];
  const auto width = std::size_t(state.goal.task == Task::kRegression ? 1 : state.goal.classes.size());
  const bool has_baseline = baseline.oof.size() == truth.size() * width;
  if (state.goal.task == Task::kRegression) {
    state.shift = ShiftOf(state, truth, state.blend, true);
    if (has_baseline) state.baseline_shift = ShiftOf(state, truth, baseline.oof, false);
  }
  if (state.goal.task != Task::kBinary) return;
  const evaluate::DecisionWish decision{wish.value, state.capacity_share, wish.threshold, state.metric->id};
  const std::vector<std::size_t> rows = RowsForTheBar(state);
  if (!state.blend.empty()) state.bar = BarOn(state, truth, state.blend, rows, decision);
  if (has_baseline) state.baseline_bar = BarOn(state, truth, baseline.oof, rows, decision).threshold;
}

void RankHeldOut(RunState& state) {
  auto rule = BatchRuleOf(state.judged);
  if (!rule) return;
  rule->actions = 0;  // the held-out rows are a part of a batch
  const auto scores = PositiveScores(state.judged_predictions.scores, 2, state.goal.positive);
  state.bar_out_of_fold = state.bar.threshold;
  state.bar.threshold = state.judged.threshold = BarOfBatch(*rule, scores, state.bar.threshold);
  state.judged_predictions.labels = state.judged.Decide(state.judged_predictions.scores);
}

void RankBaseline(RunState& state) {
  auto rule = BatchRuleOf(state.judged);
  if (!rule) return;
  rule->actions = 0;
  rule->floor = std::min(rule->floor, state.baseline_bar);
  const auto scores = PositiveScores(state.baseline_scores, 2, state.goal.positive);
  state.baseline_bar = BarOfBatch(*rule, scores, state.baseline_bar);
}

Json DecisionMember(const RunState& state, const evaluate::EvaluateInput& input) {
  if (state.goal.task == Task::kRegression) return RegressionDecision(state);
  return state.goal.task == Task::kBinary ? BinaryDecision(state, input) : Json();
}

Json CapacityMember(const RunState& state) {
  const auto& capacity = state.request.decision.capacity;
  if (!capacity) return nullptr;
  return {{"actions", capacity->actions},
          {"per", capacity->per},
          {"rows_per_period", state.rows_per_period},
          {"share", state.capacity_share}};
}

}  // namespace tagwerk::app
