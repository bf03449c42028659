// What the report shows beside the score: the worth of leaking columns, importance, dependence, cases,
// learning curve. Each piece is made only if the time left allows; none can fail a run.
#include <algorithm>
#include <cmath>
#include <map>

#include "app/run_state.h"
#include "base/constants.h"
#include "base/random.h"
#include "base/text.h"
#include "explain/explain.h"
#include "explain/stress.h"
#include "learners/catalog.h"

namespace tagwerk::app {

namespace {

/// Share of the budget at which explaining ends; writing the files takes the rest.
constexpr double kExplainedShare = 0.98;

std::string NameOf(const RunState& state, std::size_t column) { return state.table().field(column).name; }

/// Takes at most `limit` of the rows, evenly by hash.
table::Rows Sample(const table::Rows& rows, std::size_t limit, std::uint64_t seed) {
  if (rows.size() <= limit) return rows;
  std::vector<std::pair<std::uint64_t, table::RowIndex>> keyed;
  for (table::RowIndex row : rows) keyed.emplace_back(Mix64(seed, row), row);
  std::nth_element(keyed.begin(), keyed.begin() + std::ptrdiff_t(limit), keyed.end());
  table::Rows sample;
  for (std::size_t i = 0; i < limit; ++i) sample.push_back(keyed[i].second);
  std::sort(sample.begin(), sample.end());
  return sample;
}

/// Scores a plain boosting on the held-out rows when it learns from exactly these columns.
Json ScoreWith(RunState& state, const std::vector<std::size_t>& columns, const table::Table& judge,
               const std::vector<double>& truth) {
  search::SearchInput input = state.search_input;
  input.features = columns;
  search::TrialRecord plain;
  plain.learner = "gradient_boosting";
  plain.refit.Set("n_estimators", 60);
  const table::Rows rows = Sample(state.split.train, 30000, state.context.seed);
  auto members = search::FitMembers(state.context, input, {&plain}, {1.0}, rows);
  if (!members) return nullptr;
  pipeline::Pipeline pipeline = MakePipeline(state, std::move(*members));
  pipeline.calibration = pipeline::Calibration();
  pipeline.inputs.clear();
  auto predictions = pipeline.Predict(state.context, judge);
  if (!predictions) return nullptr;
  auto value =
      evaluate::MetricWithInterval(state.context, OutOfFoldInput(state, truth, predictions->scores), *state.metric);
  return evaluate::MetricJson(value);
}

Json LeakColumns(const RunState& state) {
  Json columns = Json::array();
  const auto add = [&](std::size_t column, const char* kind) {
    Json entry = {{"column", NameOf(state, column)}, {"kind", kind}};
    const auto& used = state.profile.features;
    entry["used"] = std::find(used.begin(), used.end(), column) != used.end();
    const auto& score = state.profile.columns[column].target_score;
    entry["score_alone"] = score ? Json(*score) : Json();
    for (const auto& finding : state.profile.findings)
      if (finding.id.rfind("leakage", 0) == 0 && !finding.columns.empty() &&
          finding.columns[0] == NameOf(state, column)) {
        entry["reason"] = finding.brief;
        break;
      }
    columns.push_back(std::move(entry));
  };
  for (std::size_t column : state.profile.certain_leaks) add(column, "certain");
  for (std::size_t column : state.profile.suspects) add(column, "suspect");
  return columns;
}

/// Mean prediction and mean truth of the held-out rows by day (or wider), for time splits.
Json TimePoints(const RunState& state) {
  if (state.split.kind != split::Kind::kTime || !state.split.time) return nullptr;
  const auto time = table::FindAgain(state.table(), *state.split.time, state.judge_table);
  if (!time || !table::HoldsTimes(state.judge_table, *time)) return nullptr;
  const auto held = table::TimesOf(state.judge_table, *time);
  const auto& times = *held;
  const auto& scores = state.judged_predictions.scores;
  const bool regression = state.goal.task == Task::kRegression;
  const auto k = std::size_t(regression ? 1 : state.goal.classes.size());
  if (state.goal.task == Task::kMulticlass || scores.size() != times.size() * k) return nullptr;
  std::int64_t low = INT64_MAX, high = INT64_MIN;
  for (std::int64_t us : times)
    if (us != table::kMissingTime) low = std::min(low, us), high = std::max(high, us);
  if (low > high) return nullptr;
  const std::int64_t days = std::max<std::int64_t>(1, (high - low) / kMicrosecondsPerDay / 120 + 1);
  struct Bucket {
    double rows = 0, actual = 0, expected = 0;
  };
  std::map<std::int64_t, Bucket> buckets;
  for (std::size_t row = 0; row < times.size(); ++row) {
    if (times[row] == table::kMissingTime) continue;
    Bucket& bucket = buckets[times[row] / (kMicrosecondsPerDay * days)];
    bucket.rows += 1;
    bucket.actual += regression ? state.judge_truth[row] : double(state.judge_truth[row] == state.goal.positive);
    bucket.expected += scores[row * k + (regression ? 0 : std::size_t(state.goal.positive))];
  }
  Json points = Json::array();
  for (const auto& [day, bucket] : buckets)
    points.push_back({{"when", table::TimestampText(day * kMicrosecondsPerDay * days, true)},
                      {"rows", bucket.rows},
                      {"actual", bucket.actual / bucket.rows},
                      {"expected", bucket.expected / bucket.rows}});
  return {{"points", points}};
}

/// Picks telling rows: a right warning, a missed case, a needless warning; or a typical and a far-off one.
std::vector<std::pair<std::string, std::size_t>> TellingRows(const RunState& state) {
  const auto& scores = state.judged_predictions.scores;
  const std::size_t n = state.judge_truth.size();
  std::vector<std::pair<std::string, std::size_t>> cases;
  const auto best = [&](const std::string& kind, auto&& merit) {
    std::size_t row = n;
    double top = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (const double value = merit(i); value > top) top = value, row = i;
    if (row < n) cases.emplace_back(kind, row);
  };
  if (state.goal.task == Task::kRegression) {
    std::vector<double> errors(n);
    for (std::size_t i = 0; i < n; ++i) errors[i] = std::abs(state.judge_truth[i] - scores[i]);
    std::vector<double> sorted = errors;
    std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(n / 2), sorted.end());
    const double median = sorted[n / 2];
    best("typical", [&](std::size_t i) { return 1.0 / (1e-12 + std::abs(errors[i] - median)); });
    best("far_off", [&](std::size_t i) { return errors[i]; });
    return cases;
  }
  const auto k = state.goal.classes.size();
  const auto truth = [&](std::size_t i) { return std::size_t(state.judge_truth[i]); };
  if (state.goal.task == Task::kMulticlass) {
    const auto labels = state.judged_predictions.labels;
    best("right", [&](std::size_t i) { return std::size_t(labels[i]) == truth(i) ? scores[i * k + truth(i)] : 0; });
    best("missed",
         [&](std::size_t i) { return std::size_t(labels[i]) != truth(i) ? 1 - scores[i * k + truth(i)] : 0; });
    return cases;
  }
  const auto positive = std::size_t(state.goal.positive);
  const auto p = [&](std::size_t i) { return scores[i * k + positive]; };
  const double bar = state.judged.threshold;
  best("right", [&](std::size_t i) { return truth(i) == positive && p(i) >= bar ? p(i) : 0; });
  best("missed", [&](std::size_t i) { return truth(i) == positive && p(i) < bar ? 1 - p(i) : 0; });
  best("needless", [&](std::size_t i) { return truth(i) != positive && p(i) >= bar ? p(i) : 0; });
  return cases;
}

Json Cases(const RunState& state, const Context& context, explain::ExplainInput input, const Json& importance) {
  const auto telling = TellingRows(state);
  std::vector<std::size_t> rows;
  for (const auto& [kind, row] : telling) rows.push_back(row);
  if (importance.contains("columns"))
    for (const Json& column : importance["columns"]) input.columns.push_back(column["column"].get<std::string>());
  Json explained = explain::ExplainRows(context, input, rows, 8);
  if (!explained.is_array()) return Json::array();
  for (Json& one : explained)
    for (const auto& [kind, row] : telling) {
      if (one.value("row", std::size_t(-1)) != row) continue;
      const double truth = state.judge_truth[row];
      one["kind"] = kind;
      one["truth"] = state.goal.task == Task::kRegression ? Json(truth) : Json(state.goal.classes[std::size_t(truth)]);
      break;
    }
  return explained;
}

/// The judged model on held-out rows that were damaged on purpose.
Json Stress(const RunState& state, const Context& context, const explain::ExplainInput& rows, const Json& importance) {
  explain::StressInput input;
  input.rows = rows;
  if (importance.contains("columns"))
    for (const Json& column : importance["columns"]) input.rows.columns.push_back(column["column"].get<std::string>());
  if (state.baseline.contains("test"))
    for (const Json& json : state.baseline["test"])
      if (const auto metric = evaluate::MetricFromJson(json); metric.name == state.metric->id)
        input.baseline = metric.value;
  return explain::StressTest(context, input);
}

/// What the model file keeps of the importance: the columns that matter most.
Json ForTheFile(const Json& importance) {
  constexpr std::size_t kMost = 50;
  Json kept = {{"metric", importance["metric"]}, {"rows", importance["rows"]}, {"columns", Json::array()}};
  for (const Json& column : importance["columns"])
    if (kept["columns"].size() < kMost) kept["columns"].push_back(column);
  return kept;
}

/// Trains the best single model on growing parts of fold 1 and scores it on the fold's validation rows.
void LearningCurve(RunState& state, const Context& context) {
  if (state.search.best_single >= state.search.trials.size() || state.split.folds.empty()) return;
  const search::TrialRecord& best = state.search.trials[state.search.best_single];
  const split::Fold& fold = state.split.folds[0];
  const double full_fit = best.fit_seconds / std::max(1, best.folds_done);
  if (best.baseline || fold.train.size() < 50 || full_fit * 2.2 > context.SecondsLeft()) return;
  const table::Table valid = state.table().Take(fold.valid);
  std::vector<double> valid_truth;
  for (table::RowIndex row : fold.valid) valid_truth.push_back(state.y[row]);
  Json curve = Json::array();
  for (double share : {0.125, 0.25, 0.5, 1.0}) {
    const auto size = std::size_t(double(fold.train.size()) * share);
    if (size < 20 || context.ShouldStop()) continue;
    const table::Rows rows = Sample(fold.train, size, state.context.seed);
    auto members = search::FitMembers(context, state.search_input, {&best}, {1.0}, rows);
    if (!members) return;
    pipeline::Pipeline pipeline = MakePipeline(state, std::move(*members));
    pipeline.calibration = pipeline::Calibration();
    auto predictions = pipeline.Predict(context, valid);
    const table::Rows seen = Sample(rows, 2000, state.context.seed + 1);
    auto on_train = pipeline.Predict(context, state.table().Take(seen));
    if (!predictions || !on_train) return;
    std::vector<double> seen_truth;
    for (table::RowIndex row : seen) seen_truth.push_back(state.y[row]);
    auto input = OutOfFoldInput(state, valid_truth, predictions->scores);
    input.resamples = 200;
    const auto value = evaluate::MetricWithInterval(context, input, *state.metric);
    const double train_value = state.metric->compute(OutOfFoldInput(state, seen_truth, on_train->scores).scored);
    curve.push_back({{"rows", size},
                     {"train", train_value},
                     {"validation", value.value},
                     {"low", value.low},
                     {"high", value.high}});
  }
  if (curve.size() < 2) return;
  state.detail["learning_curve"] = curve;
  const Json& last = curve.back();
  const Json& half = curve[curve.size() - 2];
  const double gain =
      metrics::Improvement(*state.metric, half["validation"].get<double>(), last["validation"].get<double>());
  const double gap = metrics::Improvement(*state.metric, last["validation"].get<double>(), last["train"].get<double>());
  const double width = (last["high"].get<double>() - last["low"].get<double>()) / 2;
  const char* verdict = gain > width / 2 ? "more_rows_help" : gap > 4 * width ? "overfitting" : "balanced";
  state.detail["learning_verdict"] = {{"key", std::string("learning.") + verdict},
                                      {"values", {{"metric", state.metric->id}, {"gain", gain}, {"gap", gap}}}};
}

void FitCurve(RunState& state) {
  const search::TrialRecord* best = nullptr;
  for (const auto& trial : state.search.trials)
    if (trial.status == "ok" && trial.curve.size() > 2 && (best == nullptr || trial.rank < best->rank)) best = &trial;
  if (best == nullptr) return;
  Json points = Json::array();
  int best_iteration = 0;
  double lowest = INFINITY;
  for (const auto& point : best->curve) {
    points.push_back({{"iteration", point.iteration}, {"train", point.train_loss}, {"valid", point.valid_loss}});
    if (point.valid_loss < lowest) lowest = point.valid_loss, best_iteration = point.iteration;
  }
  state.detail["fit_curve"] = {{"title", best->title}, {"points", points}, {"best_iteration", best_iteration}};
}

void TargetDetail(RunState& state) {
  if (state.goal.task == Task::kRegression) {
    const auto& facts = state.profile.columns[state.goal.target];
    state.detail["target"] = {{"histogram", {{"edges", facts.histogram_edges}, {"counts", facts.histogram_counts}}}};
    return;
  }
  std::vector<std::int64_t> counts(state.goal.classes.size(), 0);
  for (table::RowIndex row : state.profile.labelled) ++counts[std::size_t(state.y[row])];
  Json classes = Json::array();
  for (std::size_t c = 0; c < counts.size(); ++c)
    classes.push_back({{"label", state.goal.classes[c]},
                       {"rows", counts[c]},
                       {"share", double(counts[c]) / double(state.profile.labelled.size())}});
  state.detail["target"] = {{"classes", classes}};
}

void Latency(RunState& state) {
  if (state.judge_table.num_rows() == 0) return;
  const table::Table row = state.judge_table.Take(table::Rows{0});
  Pool one(1);
  Context context = state.context;
  context.pool = &one;
  double best = INFINITY;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const TimePoint started = Clock::now();
    if (!state.final_pipeline.Predict(context, row)) return;
    best = std::min(best, std::chrono::duration<double>(Clock::now() - started).count());
  }
  state.latency_us = best * 1e6;
}

/// Permutation importance, dependence, cases, stress: each within its share of the time that is left for all of them.
void ExplainHeldOut(RunState& state, const Context& context) {
  const bool bounded = context.deadline != TimePoint::max();
  const auto slot = [&](double share) {
    return bounded ? context.Until(Clock::now() + ToDuration(share * std::max(0.0, context.SecondsLeft()))) : context;
  };
  explain::ExplainInput input;
  input.pipeline = &state.judged;
  input.table = &state.judge_table;
  input.truth = state.judge_truth;
  input.metric = state.metric;
  input.seed = state.context.seed;
  const Json importance = explain::PermutationImportance(slot(0.45), input);
  state.detail["importance"] = importance;
  state.final_pipeline.extra["importance"] = ForTheFile(importance);
  std::vector<std::string> top;
  if (importance.contains("columns"))
    for (const Json& column : importance["columns"])
      if (top.size() < 6) top.push_back(column["column"].get<std::string>());
  if (!context.ShouldStop()) state.detail["dependence"] = explain::PartialDependence(slot(0.35), input, top);
  if (!context.ShouldStop()) state.detail["cases"] = Cases(state, slot(0.35), input, importance);
  if (!context.ShouldStop()) state.stress = Stress(state, slot(0.6), input, importance);
}

}  // namespace

Json LeakageScores(RunState& state) {
  if (state.profile.certain_leaks.empty() && state.profile.suspects.empty()) return nullptr;
  Json leakage = {{"columns", LeakColumns(state)}, {"score_without", nullptr}, {"score_with", nullptr}};
  const bool exact = state.request.trials > 0;
  if (!exact &&
      (state.context.SecondsLeft() < 0.06 * state.request.budget_seconds || !state.interrupted_reason.empty()))
    return leakage;
  std::vector<std::size_t> without, with = state.profile.features;
  for (std::size_t column : state.profile.features)
    if (std::find(state.profile.suspects.begin(), state.profile.suspects.end(), column) == state.profile.suspects.end())
      without.push_back(column);
  for (const auto* extra : {&state.profile.suspects, &state.profile.certain_leaks})
    for (std::size_t column : *extra)
      if (std::find(with.begin(), with.end(), column) == with.end()) with.push_back(column);
  table::Rows all(state.judge_truth.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = table::RowIndex(i);
  const table::Rows rows = Sample(all, 20000, state.context.seed);
  const table::Table judge = state.judge_table.Take(rows);
  std::vector<double> truth;
  for (table::RowIndex row : rows) truth.push_back(state.judge_truth[row]);
  if (!without.empty()) leakage["score_without"] = ScoreWith(state, without, judge, truth);
  leakage["score_with"] = ScoreWith(state, with, judge, truth);
  return leakage;
}

void ExplainModel(RunState& state) {
  Phase phase(state, "explain");
  const bool hurry = !state.interrupted_reason.empty();
  Context context = state.context;
  if (state.request.trials > 0 && !hurry)
    context.deadline = TimePoint::max();
  else if (!hurry)  // a little of it even when all others took too long; then the files are written
    context.deadline =
        std::max(state.At(kExplainedShare), Clock::now() + ToDuration(0.02 * state.request.budget_seconds));
  DiagnoseModel(state, context);
  TargetDetail(state);
  state.detail["folds"] = FoldScores(state);
  FitCurve(state);
  if (Json time = TimePoints(state); !time.is_null()) state.detail["time"] = std::move(time);
  Latency(state);
  state.detail["calibration_evidence"] = state.search.calibration_evidence;
  state.detail["expected_gain"] = {{"per_minute", state.search.expected_gain_per_minute},
                                   {"limit", state.search.expected_gain_limit},
                                   {"metric", state.metric->id}};
  if (state.request.report == "full" && state.test.value("method", "") == "held_out" && !context.ShouldStop()) {
    ExplainHeldOut(state, context);
    LearningCurve(state, context);
  }
  phase.Done("report, model and card");
}

}  // namespace tagwerk::app
