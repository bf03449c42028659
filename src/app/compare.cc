// compare: which of two models is better, on the rows that both runs held out, or on labelled rows.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "app/held_out_file.h"
#include "app/names.h"
#include "app/use.h"
#include "base/files.h"
#include "base/text.h"
#include "evaluate/contest.h"

namespace tagwerk::app {

namespace {

namespace fs = std::filesystem;

/// One side: a run's document and held-out rows, or a model alone.
struct Side {
  std::string typed;
  ModelFiles files;
  Json run;  ///< null without a run
  Task task = Task::kBinary;
  std::string target, metric;
  std::vector<std::string> classes;
  int positive = 1;
  double threshold = 0.5;
};

Error Unlike(const Side& a, const Side& b, const std::string& what) {
  return Error(Code::kInvalidData, "compare-unlike", "the two do not predict the same: " + what)
      .In(a.typed + ", " + b.typed);
}

Result<Task> TaskNamed(const std::string& name, const std::string& where) {
  for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression})
    if (TaskName(task) == name) return task;
  return Error(Code::kInvalidData, "not-a-run", "run document names no task").In(where);
}

/// Reads run.json; null when there is none.
Result<Json> ReadRun(const std::string& path) {
  if (path.empty()) return Json();
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(Json run, ParseJson(bytes, path));
  const bool good = run.is_object() && run.value("schema", Json()) == "tagwerk.run/1" && run.contains("goal") &&
                    run["goal"].is_object();
  if (!good) return Error(Code::kInvalidData, "not-a-run", "file is not a run document").In(path);
  return run;
}

std::string TextOf(const Json& json, const char* name) {
  const auto it = json.find(name);
  return it != json.end() && it->is_string() ? it->get<std::string>() : "";
}

Result<Side> OpenSide(const Arguments& arguments, const std::string& typed) {
  Side side;
  side.typed = typed;
  TW_TRY(side.files, FindModelFiles(arguments, typed));
  TW_TRY(side.run, ReadRun(side.files.run));
  if (side.run.is_null()) return side;
  const Json& goal = side.run["goal"];
  TW_TRY(side.task, TaskNamed(TextOf(goal, "task"), side.files.run));
  side.target = TextOf(goal, "target");
  side.metric = TextOf(goal, "metric");
  for (const Json& label : goal.value("classes", Json::array()))
    if (label.is_string()) side.classes.push_back(label.get<std::string>());
  const auto positive = std::find(side.classes.begin(), side.classes.end(), TextOf(goal, "positive"));
  if (positive != side.classes.end()) side.positive = int(positive - side.classes.begin());
  if (goal.contains("threshold") && goal["threshold"].is_number()) side.threshold = goal["threshold"].get<double>();
  if (side.task == Task::kBinary && side.classes.size() != 2)
    return Error(Code::kInvalidData, "not-a-run", "run document has not two classes").In(side.files.run);
  return side;
}

/// Truth and both scores on the same rows.
struct Pairs {
  std::vector<double> truth, a, b;
  bool same_split = false;  ///< both runs held out exactly these rows
};

Result<Pairs> SharedRows(const Context& context, const Side& a, const Side& b) {
  for (const Side* side : {&a, &b})
    if (side->run.is_null())
      return Error(Code::kInvalidData, "no-held-out-rows", "no run lies beside this model: " + Quoted(side->typed))
          .Do("name labelled rows: --data DATA");
  const auto read = [&](const Side& side) {
    const std::string beside = (fs::path(side.files.run).parent_path() / "held_out.parquet").string();
    return ReadHeldOut(context, side.files.held_out.empty() ? beside : side.files.held_out, side.classes.size());
  };
  TW_TRY(const HeldOut first, read(a));
  TW_TRY(const HeldOut second, read(b));
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < second.keys.size(); ++i) places[second.keys[i]] = i;
  const std::size_t width = std::max<std::size_t>(1, a.classes.size());
  Pairs pairs;
  const auto take = [&](std::vector<double>& to, const HeldOut& from, std::size_t i) {
    to.insert(to.end(), from.scores.begin() + std::ptrdiff_t(i * width),
              from.scores.begin() + std::ptrdiff_t((i + 1) * width));
  };
  for (std::size_t i = 0; i < first.keys.size(); ++i) {
    const auto at = places.find(first.keys[i]);
    if (at == places.end() || second.truth[at->second] != first.truth[i]) continue;
    pairs.truth.push_back(first.truth[i]);
    take(pairs.a, first, i);
    take(pairs.b, second, at->second);
  }
  pairs.same_split = pairs.truth.size() == first.keys.size() && pairs.truth.size() == second.keys.size();
  if (pairs.truth.size() < 2)
    return Error(Code::kInvalidData, "no-shared-rows", "the two runs share no held-out rows")
        .In(a.typed + ", " + b.typed)
        .Do("name labelled rows that neither was trained on: --data DATA");
  return pairs;
}

Result<Pairs> RowsOfData(const Context& context, const Arguments& arguments, Side& a, Side& b,
                         std::vector<Error>& warnings) {
  Pairs pairs;
  const std::string data = arguments.Get("--data");
  std::size_t rows = 0;
  for (Side* side : {&a, &b}) {
    TW_TRY(const pipeline::Pipeline pipeline,
           LoadModelFile(side->files.model.empty() ? side->typed : side->files.model));
    side->task = pipeline.task;
    side->target = pipeline.target;
    side->metric = pipeline.metric;
    side->classes = pipeline.classes;
    side->positive = pipeline.positive;
    side->threshold = pipeline.threshold;
    if (side == &b && (a.task != b.task || a.classes != b.classes)) return Unlike(a, b, "task or classes differ");
    TW_TRY(const LabelledRows labelled, ReadLabelled(context, arguments, data, pipeline, warnings));
    TW_TRY(pipeline::Predictions predictions, pipeline.Predict(context, labelled.table));
    if (side == &b && labelled.truth.size() != rows)
      return Unlike(a, b, "their targets differ: name one with --target");
    rows = labelled.truth.size();
    pairs.truth = labelled.truth;
    (side == &a ? pairs.a : pairs.b) = std::move(predictions.scores);
  }
  return pairs;
}

evaluate::EvaluateInput ComparedInputOf(const Context& context, const Side& side, const Pairs& pairs,
                                        const std::vector<double>& scores) {
  evaluate::EvaluateInput input;
  input.scored.task = side.task;
  input.scored.num_classes = int(side.classes.size());
  input.scored.positive = side.positive;
  input.scored.threshold = side.threshold;
  input.scored.truth = pairs.truth;
  input.scored.scores = scores;
  input.classes = side.classes;
  input.seed = context.seed;
  return input;
}

/// Metric of always saying the same: class shares, or the mean.
double ConstantScore(const Context& context, const Side& side, const Pairs& pairs, const metrics::Metric& metric) {
  const std::size_t n = pairs.truth.size(), width = std::max<std::size_t>(1, side.classes.size());
  std::vector<double> share(width, 0.0), scores;
  for (const double truth : pairs.truth) {
    if (side.task == Task::kRegression)
      share[0] += truth / double(n);
    else
      share[std::size_t(truth)] += 1 / double(n);
  }
  for (std::size_t i = 0; i < n; ++i) scores.insert(scores.end(), share.begin(), share.end());
  return metric.compute(ComparedInputOf(context, side, pairs, scores).scored);
}

/// --margin, or 1 % of the way from always saying the same to perfect.
Result<double> MarginOf(const Context& context, const Arguments& arguments, const Side& side, const Pairs& pairs,
                        const metrics::Metric& metric) {
  if (const std::string typed = arguments.Get("--margin"); !typed.empty()) {
    const auto margin = ParseDouble(typed);
    if (margin && *margin >= 0 && std::isfinite(*margin)) return *margin;
    return Error(Code::kInvalidArgument, "option-value", "--margin is a number from 0 on: " + Quoted(typed))
        .In("--margin");
  }
  const double range = std::abs(metric.perfect - ConstantScore(context, side, pairs, metric));
  return std::isfinite(range) ? 0.01 * range : 0.0;
}

/// The comparison on folds, when both runs split the same rows in the same way; else null.
Json OnFolds(const Side& a, const Side& b, const metrics::Metric& metric, double margin) {
  const auto same = [&](const char* member, const char* name) {
    return a.run.contains(member) && b.run.contains(member) && a.run[member].is_object() && b.run[member].is_object() &&
           a.run[member].value(name, Json()) == b.run[member].value(name, Json());
  };
  if (a.run.is_null() || b.run.is_null() || metric.id != a.metric || a.metric != b.metric) return nullptr;
  if (!same("data", "fingerprint") || !same("split", "kind") || !same("split", "seed") || !same("split", "folds") ||
      !same("split", "test_rows"))
    return nullptr;
  const auto folds_of = [](const Json& run) {
    std::vector<double> scores;
    const Json detail = run.value("detail", Json::object());
    const Json folds = detail.is_object() ? detail.value("folds", Json()) : Json();
    if (folds.is_object() && folds.contains("scores"))
      for (const Json& score : folds["scores"])
        if (score.is_number()) scores.push_back(score.get<double>());
    return scores;
  };
  const std::vector<double> first = folds_of(a.run), second = folds_of(b.run);
  if (first.size() < 2 || first.size() != second.size()) return nullptr;
  const Json& folds = a.run["detail"]["folds"];
  const double ratio = folds.contains("test_over_train") && folds["test_over_train"].is_number()
                           ? folds["test_over_train"].get<double>()
                           : 1 / (double(first.size()) - 1);
  std::vector<double> differences;
  for (std::size_t i = 0; i < first.size(); ++i)
    differences.push_back(metrics::Improvement(metric, second[i], first[i]));
  return evaluate::ContestJson(evaluate::ContestOnFolds(differences, ratio, margin));
}

}  // namespace

Result<CompareResponse> Compare(const Context& context, const Arguments& arguments) {
  if (arguments.positional.size() < 2)
    return Error(Code::kInvalidArgument, "argument-missing", "two models or runs are needed")
        .In("tagwerk compare")
        .Do("tagwerk compare A B");
  CompareResponse response;
  TW_TRY(Side a, OpenSide(arguments, arguments.positional[0]));
  TW_TRY(Side b, OpenSide(arguments, arguments.positional[1]));
  const bool given = !arguments.Get("--data").empty();
  if (!given && !a.run.is_null() && !b.run.is_null() && (a.task != b.task || a.classes != b.classes))
    return Unlike(a, b, "task or classes differ");
  Pairs pairs;
  if (given) {
    TW_TRY(pairs, RowsOfData(context, arguments, a, b, response.warnings));
  } else {
    TW_TRY(pairs, SharedRows(context, a, b));
  }
  const std::string typed = arguments.Get("--metric");
  TW_TRY(const metrics::Metric* metric, metrics::FindMetric(typed == "auto" ? a.metric : typed, a.task));
  TW_TRY(const double margin, MarginOf(context, arguments, a, pairs, *metric));
  const auto first = ComparedInputOf(context, a, pairs, pairs.a), second = ComparedInputOf(context, b, pairs, pairs.b);
  const evaluate::Contest contest = evaluate::ContestOnRows(context, first, second, *metric, margin);
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted while comparing");
  const auto score = [&](const evaluate::EvaluateInput& input) {
    return evaluate::MetricJson(evaluate::MetricWithInterval(context, input, *metric));
  };
  response.document = {{"schema", "tagwerk.comparison/1"},
                       {"a", a.typed},
                       {"b", b.typed},
                       {"rows", pairs.truth.size()},
                       {"data", given ? Json(arguments.Get("--data")) : Json()},
                       {"metric", metric->id},
                       {"difference", contest.difference},
                       {"low", contest.low},
                       {"high", contest.high},
                       {"p_value", contest.p_value},
                       {"probability_better", contest.probability_better},
                       {"margin", margin},
                       {"score_a", score(first)},
                       {"score_b", score(second)},
                       {"folds", pairs.same_split ? OnFolds(a, b, *metric, margin) : Json()}};
  return response;
}

}  // namespace tagwerk::app
