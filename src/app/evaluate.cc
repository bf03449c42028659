// evaluate: a model judged on labelled rows.
#include <algorithm>
#include <cmath>

#include "app/batch_bar.h"
#include "app/gate.h"
#include "app/names.h"
#include "app/run.h"
#include "app/use.h"
#include "base/text.h"
#include "evaluate/evaluate.h"
#include "io/read.h"
#include "profile/profile.h"

namespace tagwerk::app {

namespace {

Json SlicesOf(const Context& context, const evaluate::EvaluateInput& input, const LabelledRows& rows,
              const std::vector<std::size_t>& columns, const std::string& metric_id, Task task) {
  const auto metric = metrics::FindMetric(metric_id, task);
  if (!metric) return Json::array();
  return evaluate::SlicesJson(context, input, rows.table, columns, **metric);
}

}  // namespace

Result<LabelledRows> ReadLabelled(const Context& context, const Arguments& arguments, const std::string& data,
                                  const pipeline::Pipeline& pipeline, std::vector<Error>& warnings) {
  TW_TRY(io::ReadOptions options, ReadOptionsFrom(arguments));
  const std::string target = arguments.Has("--target") ? arguments.Get("--target") : pipeline.target;
  options.expected = pipeline.ExpectedFields();
  options.keep_extra = true;
  TW_TRY(table::ReadResult read, io::Read(context, data, options));
  SurprisePolicy policy;
  policy.data = data;
  TW_RETURN_IF_ERROR(CheckColumns(pipeline, read.table.names(), policy, warnings));
  TW_TRY(const std::size_t column, table::ResolveColumn(read.table.names(), target, "target-not-found", policy.data));
  profile::Goal goal;
  goal.target = column;
  goal.task = pipeline.task;
  goal.classes = pipeline.classes;
  const std::vector<double> truth = profile::TargetValues(read.table, goal);
  LabelledRows out;
  table::Rows rows;
  for (std::size_t row = 0; row < truth.size(); ++row)
    if (!std::isnan(truth[row])) {
      rows.push_back(table::RowIndex(row));
      out.truth.push_back(truth[row]);
    }
  if (rows.empty())
    return Error(Code::kInvalidData, "target-empty", "no row has a target that the model knows")
        .In(policy.data)
        .Column(target);
  out.without_target = std::int64_t(truth.size() - rows.size());
  out.table = read.table.Take(rows);
  return out;
}

Result<EvaluateResponse> Evaluate(const Context& context, const Arguments& arguments) {
  if (arguments.positional.size() < 2)
    return Error(Code::kInvalidArgument, "argument-missing", "a model and labelled data are needed")
        .In("tagwerk evaluate")
        .Do("tagwerk evaluate model.tw labelled.csv");
  EvaluateResponse response;
  TW_TRY(pipeline::Pipeline pipeline, LoadModel(arguments, arguments.positional[0]));
  if (const std::string typed = arguments.Get("--threshold"); !typed.empty()) {
    TW_TRY(pipeline.threshold, ParseShare(typed, "--threshold"));
  }
  std::vector<std::string> known;
  for (const auto* metric : metrics::MetricsOf(pipeline.task)) known.push_back(metric->id);
  TW_TRY(const auto gate, ParseGate(arguments.Get("--gate"), known));
  TW_TRY(const LabelledRows rows,
         ReadLabelled(context, arguments, arguments.positional[1], pipeline, response.warnings));
  TW_TRY(const pipeline::Predictions predictions, pipeline.Predict(context, rows.table));
  const auto rule = BatchRuleOf(pipeline);
  if (rule && arguments.Get("--threshold").empty())
    pipeline.threshold =
        BarOfBatch(*rule, PositiveScores(predictions.scores, 2, pipeline.positive), pipeline.threshold);

  evaluate::EvaluateInput input;
  input.scored = {pipeline.task,
                  int(pipeline.classes.size()),
                  pipeline.positive,
                  pipeline.threshold,
                  rows.truth,
                  predictions.scores,
                  {}};
  input.classes = pipeline.classes;
  input.seed = context.seed;
  Json metrics = Json::array();
  for (const auto& value : evaluate::AllWithIntervals(context, input)) metrics.push_back(evaluate::MetricJson(value));
  std::stable_sort(metrics.begin(), metrics.end(), [&](const Json& a, const Json& b) {
    return (a["name"] == pipeline.metric) > (b["name"] == pipeline.metric);
  });
  std::vector<std::size_t> columns;
  for (const std::string& name : SplitList(arguments.Get("--by"))) {
    TW_TRY(const std::size_t column, table::ResolveColumn(rows.table.names(), name, "column-not-found", "--by"));
    columns.push_back(column);
  }
  if (columns.empty())
    for (const auto& wanted : pipeline.inputs)
      if (const auto found = rows.table.Find(wanted.field.name)) columns.push_back(*found);
  Json& document = response.document;
  document = {{"schema", "tagwerk.evaluation/1"},
              {"model", arguments.positional[0]},
              {"data", arguments.positional[1]},
              {"rows", rows.truth.size()},
              {"rows_without_target", rows.without_target},
              {"rows_seen_in_training", nullptr},
              {"target", pipeline.target},
              {"metrics", metrics}};
  document["threshold"] = pipeline.task == Task::kBinary ? Json(pipeline.threshold) : Json();
  document["confusion"] = pipeline.task == Task::kRegression ? Json() : evaluate::ConfusionJson(input);
  document["calibration"] = evaluate::CalibrationJson(input);
  document["slices"] = SlicesOf(context, input, rows, columns, pipeline.metric, pipeline.task);
  document["gate"] = gate.empty() ? Json() : CheckGate(arguments.Get("--gate"), gate, metrics, Json());
  response.gate_failed = document["gate"].is_object() && !document["gate"]["passed"].get<bool>();
  return response;
}

}  // namespace tagwerk::app
