// The judgement: the chosen models trained on the training rows, scored on rows that no choice saw.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "app/run_state.h"
#include "base/constants.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "evaluate/fairness.h"
#include "evaluate/ordinal.h"
#include "learners/catalog.h"

namespace tagwerk::app {

namespace {

std::vector<double> Pick(const std::vector<double>& values, const table::Rows& rows) {
  std::vector<double> picked;
  picked.reserve(rows.size());
  for (table::RowIndex row : rows) picked.push_back(values[row]);
  return picked;
}

/// Units that are resampled whole: groups of a group split, days of a time split; empty otherwise.
std::vector<std::uint64_t> ResamplingUnits(const RunState& state, const table::Table& rows) {
  const auto named = [&](std::optional<std::size_t> column) -> std::optional<std::size_t> {
    if (!column) return std::nullopt;
    return rows.Find(state.table().field(*column).name);
  };
  std::vector<std::uint64_t> units;
  if (const auto group = named(state.split.group); group && state.split.kind == split::Kind::kGroup) {
    for (std::size_t row = 0; row < rows.num_rows(); ++row) units.push_back(rows.column(*group).Hash(row));
    return units;
  }
  if (!state.split.time || state.split.kind != split::Kind::kTime) return units;
  const auto time = table::FindAgain(state.table(), *state.split.time, rows);
  if (!time || !table::HoldsTimes(rows, *time)) return units;
  for (std::int64_t us : *table::TimesOf(rows, *time)) units.push_back(std::uint64_t(us / kMicrosecondsPerDay));
  std::vector<std::uint64_t> distinct = units;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() < 20) units.clear();  // too few days to resample
  return units;
}

/// Reads --test FILE with the types of the training table.
Status ReadJudgeFile(RunState& state) {
  io::ReadOptions options = state.request.read;
  options.types.clear();
  options.told.clear();
  options.keep_extra = false;
  for (const table::Field& field : state.table().fields()) options.expected.push_back(field);
  if (state.folder) options.rejected_path = state.folder->File("rejected-test.csv");
  TW_TRY(table::ReadResult read, io::Read(state.context, state.request.test_data, options));
  const std::string& target = state.table().field(state.goal.target).name;
  const auto column = read.table.Find(target);
  if (!column)
    return Error(Code::kInvalidData, "column-missing", "test data lacks the target: " + Quoted(target))
        .In(state.request.test_data);
  profile::Goal goal = state.goal;
  goal.target = *column;
  const std::vector<double> truth = profile::TargetValues(read.table, goal);
  table::Rows rows;
  for (std::size_t row = 0; row < truth.size(); ++row)
    if (!std::isnan(truth[row])) rows.push_back(table::RowIndex(row));
  if (rows.empty())
    return Error(Code::kInvalidData, "target-empty", "test data has no row with a known target")
        .In(state.request.test_data);
  state.judge_table = read.table.Take(rows);
  state.judge_truth = Pick(truth, rows);
  return Ok();
}

/// Returns the metrics of one fitted pipeline on the held-out rows.
Result<std::vector<double>> ScoresOf(const RunState& state, const pipeline::Pipeline& pipeline) {
  TW_TRY(pipeline::Predictions predictions, pipeline.Predict(state.context, state.judge_table));
  return std::move(predictions.scores);
}

Result<pipeline::Pipeline> FitOne(RunState& state, std::size_t trial, table::RowSpan rows) {
  TW_TRY(auto members,
         search::FitMembers(state.context, state.search_input, {&state.search.trials[trial]}, {1.0}, rows));
  return MakePipeline(state, std::move(members));
}

Json MetricsJson(const std::vector<evaluate::MetricValue>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(evaluate::MetricJson(value));
  return list;
}

/// Orders metrics with the main one first.
void MainFirst(Json& metrics, const std::string& main) {
  std::stable_sort(metrics.begin(), metrics.end(),
                   [&](const Json& a, const Json& b) { return (a["name"] == main) > (b["name"] == main); });
}

Json WithMetric(Json comparison, const RunState& state) {
  comparison["metric"] = state.metric->id;
  return comparison;
}

Status JudgeBaseline(RunState& state, const std::vector<double>& scores) {
  const search::TrialRecord& trial = state.search.trials[state.search.best_baseline];
  state.baseline = {{"model", trial.title}, {"column", nullptr}};
  const auto input = JudgeInput(state, scores);
  evaluate::MetricValue validation{
      state.metric->id,       trial.score, trial.low, trial.high, 0.95, std::int64_t(state.search.oof_rows.size()),
      state.metric->direction};
  state.baseline["validation"] = evaluate::MetricJson(validation);
  TW_TRY(const pipeline::Pipeline fitted, FitOne(state, state.search.best_baseline, state.split.train));
  if (!fitted.members.empty()) {
    const Json summary = fitted.members[0].model->Summary();
    if (summary.contains("column")) state.baseline["column"] = summary["column"];
  }
  TW_TRY(state.baseline_scores, ScoresOf(state, fitted));
  RankBaseline(state);
  auto baseline_input = JudgeInput(state, state.baseline_scores);
  baseline_input.scored.threshold = state.baseline_bar;
  state.baseline["test"] = MetricsJson(evaluate::AllWithIntervals(state.context, baseline_input));
  MainFirst(state.baseline["test"], state.metric->id);
  state.test["baseline_metrics"] = state.baseline["test"];
  state.test["better_than_baseline"] = WithMetric(
      evaluate::ComparisonJson(evaluate::ComparePaired(state.context, baseline_input, input, *state.metric)), state);
  return Ok();
}

/// Compares the ensemble with its best single model on the held-out rows; null for a single model.
Status CompareWithSingle(RunState& state, const std::vector<double>& scores) {
  state.test["versus_best_single"] = nullptr;
  if (state.members.size() < 2) return Ok();
  const search::TrialRecord& best = state.search.trials[state.search.best_single];
  pipeline::Pipeline single = state.judged;
  single.members.clear();
  for (std::size_t i = 0; i < state.members.size() && i < state.judged.members.size(); ++i)
    if (state.members[i] == state.search.best_single) single.members = {state.judged.members[i]};
  if (single.members.empty()) return Ok();
  single.members[0].weight = 1;
  single.calibration = pipeline::Calibration();
  TW_TRY(const std::vector<double> single_scores, ScoresOf(state, single));
  Json comparison =
      WithMetric(evaluate::ComparisonJson(evaluate::ComparePaired(state.context, JudgeInput(state, single_scores),
                                                                  JudgeInput(state, scores), *state.metric)),
                 state);
  comparison["model"] = best.title;
  state.test["versus_best_single"] = std::move(comparison);
  return Ok();
}

/// Figures by group for the columns of [goal] fairness; also columns that no model uses.
Json FairnessMember(const RunState& state, const evaluate::EvaluateInput& input) {
  Json list = Json::array();
  for (const std::string& typed : state.request.decision.fairness) {
    const auto column = table::ResolveColumn(state.judge_table.names(), typed, "column-not-found", "--fairness");
    if (!column) continue;
    Json figures = evaluate::FairnessJson(state.context, input, state.judge_table, *column);
    if (!figures.is_null()) list.push_back(std::move(figures));
  }
  return list;
}

void DescribeTest(RunState& state, evaluate::EvaluateInput input) {
  const bool binary = state.goal.task == Task::kBinary;
  input.baseline_scores = state.baseline_scores;
  input.baseline_threshold = state.baseline_bar;
  if (state.goal.task == Task::kRegression) {
    state.test["calibration"] = IntervalCoverage(state);
  } else {
    state.test["calibration"] = evaluate::CalibrationJson(input);
    state.test["calibration"]["sets"] = SetCoverage(state);
    state.test["calibration"]["levels"] = LevelsJson(state);
  }
  if (!state.order.empty()) state.test["ordinal"] = evaluate::OrdinalJson(state.context, input, state.order);
  state.test["confusion"] = state.goal.task == Task::kRegression ? Json() : evaluate::ConfusionJson(input);
  state.test["curves"] = binary ? evaluate::CurvesJson(input) : Json();
  state.test["residuals"] = state.goal.task == Task::kRegression ? evaluate::ResidualsJson(input) : Json();
  state.test["thresholds"] = binary ? evaluate::ThresholdsJson(input, state.request.decision.value) : Json();
  state.test["decision"] = DecisionMember(state, input);
  state.test["fairness"] = FairnessMember(state, input);
  std::vector<std::size_t> columns;
  for (std::size_t feature : state.profile.features)
    if (const auto found = state.judge_table.Find(state.table().field(feature).name)) columns.push_back(*found);
  state.test["slices"] = evaluate::SlicesJson(state.context, input, state.judge_table, columns, *state.metric);
  if (binary) {
    double positives = 0;
    for (double truth : input.scored.truth) positives += truth == state.goal.positive;
    state.test["class_share"] = positives / double(std::max<std::size_t>(1, input.scored.truth.size()));
  }
}

/// Scores without held-out rows: everything drawn from out-of-fold predictions, selection corrected.
void JudgeOutOfFold(RunState& state) {
  const std::vector<double> truth = OutOfFoldTruth(state);
  const auto input = OutOfFoldInput(state, truth, state.blend);
  state.test = {{"method", "out_of_fold_corrected"}, {"metrics", MetricsJson(CorrectedOutOfFold(state))}};
  const search::TrialRecord& trial = state.search.trials[state.search.best_baseline];
  auto baseline_input = OutOfFoldInput(state, truth, trial.oof);
  baseline_input.scored.threshold = state.baseline_bar;
  state.baseline = {{"model", trial.title},
                    {"column", nullptr},
                    {"test", MetricsJson(evaluate::AllWithIntervals(state.context, baseline_input))}};
  evaluate::MetricValue validation{
      state.metric->id, trial.score, trial.low, trial.high, 0.95, std::int64_t(truth.size()), state.metric->direction};
  state.baseline["validation"] = evaluate::MetricJson(validation);
  state.test["baseline_metrics"] = state.baseline["test"];
  state.test["better_than_baseline"] = WithMetric(
      evaluate::ComparisonJson(evaluate::ComparePaired(state.context, baseline_input, input, *state.metric)), state);
  state.test["versus_best_single"] = nullptr;
  state.judge_table = state.table().Take(state.search.oof_rows);
  state.judge_truth = truth;
  state.baseline_scores = trial.oof;
  state.judged_predictions.scores = state.blend;
  DescribeTest(state, input);
}

Status FitJudged(RunState& state) {
  const TimePoint started = Clock::now();
  std::vector<const search::TrialRecord*> trials;
  for (std::size_t member : state.members) trials.push_back(&state.search.trials[member]);
  const Context context = state.interrupted_reason.empty() && state.request.trials == 0
                              ? state.context.Until(state.At(0.90))
                              : state.context;
  TW_TRY(auto members, search::FitMembers(context, state.search_input, trials, state.weights, state.split.train));
  state.judged = MakePipeline(state, std::move(members));
  MoveIntervals(state.judged, state.intervals.move_train);
  state.judged_fit_seconds = std::chrono::duration<double>(Clock::now() - started).count();
  return Ok();
}

}  // namespace

evaluate::EvaluateInput JudgeInput(const RunState& state, const std::vector<double>& scores) {
  evaluate::EvaluateInput input = OutOfFoldInput(state, state.judge_truth, scores);
  input.groups = ResamplingUnits(state, state.judge_table);
  // Many rows: narrow intervals, whose ends need fewer resamples for the same digits.
  if (state.judge_truth.size() > 20000) input.resamples = 400;
  return input;
}

evaluate::EvaluateInput OutOfFoldInput(const RunState& state, const std::vector<double>& truth,
                                       const std::vector<double>& scores) {
  evaluate::EvaluateInput input;
  input.scored.task = state.goal.task;
  input.scored.num_classes = int(state.goal.classes.size());
  input.scored.positive = state.goal.positive;
  input.scored.threshold = state.judged.threshold;
  input.scored.truth = truth;
  input.scored.scores = scores;
  input.classes = state.goal.classes;
  input.seed = state.context.seed;
  return input;
}

Status JudgeModel(RunState& state) {
  Phase phase(state, "evaluate");
  const bool external = !state.request.test_data.empty();
  TW_RETURN_IF_ERROR(FitJudged(state));
  if (state.split.test.empty() && !external) {
    JudgeOutOfFold(state);
    phase.Done(Count(std::int64_t(state.judge_truth.size())) + " out-of-fold rows, corrected for the choice of models");
    return Ok();
  }
  if (external) {
    TW_RETURN_IF_ERROR(ReadJudgeFile(state));
  } else {
    state.judge_table = state.table().Take(state.split.test);
    state.judge_truth = Pick(state.y, state.split.test);
  }
  TW_TRY(state.judged_predictions, state.judged.Predict(state.context, state.judge_table));
  RankHeldOut(state);
  const auto input = JudgeInput(state, state.judged_predictions.scores);
  state.test = {{"method", "held_out"}, {"metrics", MetricsJson(evaluate::AllWithIntervals(state.context, input))}};
  MainFirst(state.test["metrics"], state.metric->id);
  TW_RETURN_IF_ERROR(JudgeBaseline(state, state.judged_predictions.scores));
  TW_RETURN_IF_ERROR(CompareWithSingle(state, state.judged_predictions.scores));
  MoveLevels(state);
  DescribeTest(state, input);
  state.test["selection"] = SelectionCheck(state);
  state.leakage = LeakageScores(state);
  phase.Done(Count(std::int64_t(state.judge_truth.size())) + " held-out rows");
  return Ok();
}

Status RefitModel(RunState& state) {
  Phase phase(state, "refit");
  state.final_pipeline = state.judged;
  TakeLevels(state.final_pipeline, state.intervals.levels);
  state.final_pipeline.test_metrics = state.test["metrics"];
  const bool hurry = !state.interrupted_reason.empty();
  // The second fit sees more rows than the first; half as much again is kept as a margin.
  const double grown =
      double(state.profile.labelled.size()) / double(std::max<std::size_t>(1, state.split.train.size()));
  const double expected = state.judged_fit_seconds * grown * 1.3;
  const double left = hurry ? 0 : state.request.budget_seconds - state.Elapsed();
  const bool exact = state.request.trials > 0 && !hurry;
  const bool all_seen = state.split.test.empty();
  if (!state.request.refit || all_seen || (!exact && expected > left)) {
    phase.Done(all_seen              ? "not needed: the model has seen all rows"
               : state.request.refit ? "no time left: the model is the one that was judged"
                                     : "left out: --refit never");
    return Ok();
  }
  std::vector<const search::TrialRecord*> trials;
  for (std::size_t member : state.members) trials.push_back(&state.search.trials[member]);
  Context context = state.context;
  context.deadline = exact ? TimePoint::max() : state.At(1.0);
  auto members = search::FitMembers(context, state.search_input, trials, state.weights, state.profile.labelled);
  if (!members || members->size() != state.judged.members.size()) {
    phase.Done("not finished in time: the model is the one that was judged");
    return Ok();
  }
  pipeline::Pipeline refitted = MakePipeline(state, std::move(*members));
  MoveIntervals(refitted, state.intervals.move_all);
  TakeLevels(refitted, LevelsOfAllRows(state));
  refitted.test_metrics = state.test["metrics"];
  state.final_pipeline = std::move(refitted);
  state.refitted = true;
  phase.Done("the chosen models on all " + Count(std::int64_t(state.profile.labelled.size())) + " rows");
  return Ok();
}

}  // namespace tagwerk::app
