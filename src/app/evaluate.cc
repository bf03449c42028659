// evaluate: a model judged on labelled rows.
#include <algorithm>
#include <cmath>
#include <optional>

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

constexpr double kNotable = 0.01;  ///< of the rows: few equal ones come by chance

/// Labelled rows with what the model says of them.
struct Judged {
  table::Table table;
  std::vector<double> truth, scores;
  std::vector<std::size_t> columns;  ///< to cut slices by

  Judged Take(const table::Rows& rows) const {
    const std::size_t width = truth.empty() ? 0 : scores.size() / truth.size();
    Judged part{table.Take(rows), {}, {}, columns};
    for (const table::RowIndex row : rows) {
      part.truth.push_back(truth[row]);
      part.scores.insert(part.scores.end(), scores.begin() + std::ptrdiff_t(row * width),
                         scores.begin() + std::ptrdiff_t((row + 1) * width));
    }
    return part;
  }
};

/// Metrics, confusion, calibration and slices of these rows.
Json Judge(const Context& context, const pipeline::Pipeline& pipeline, const Judged& rows) {
  evaluate::EvaluateInput input;
  input.scored = {
      pipeline.task, int(pipeline.classes.size()), pipeline.positive, pipeline.threshold, rows.truth, rows.scores, {}};
  input.classes = pipeline.classes;
  input.seed = context.seed;
  Json metrics = Json::array();
  for (const auto& value : evaluate::AllWithIntervals(context, input)) metrics.push_back(evaluate::MetricJson(value));
  std::stable_sort(metrics.begin(), metrics.end(), [&](const Json& a, const Json& b) {
    return (a["name"] == pipeline.metric) > (b["name"] == pipeline.metric);
  });
  const auto metric = metrics::FindMetric(pipeline.metric, pipeline.task);
  return {
      {"metrics", std::move(metrics)},
      {"confusion", pipeline.task == Task::kRegression ? Json() : evaluate::ConfusionJson(input)},
      {"calibration", evaluate::CalibrationJson(input)},
      {"slices", metric ? evaluate::SlicesJson(context, input, rows.table, rows.columns, **metric) : Json::array()}};
}

struct Overlap {
  double seen = 0;    ///< rows that the model was fitted on; estimated where it keeps but a part of them
  table::Rows fresh;  ///< other rows: all, or those of that part
};

/// Tells rows that the model was fitted on from others; nothing where it does not know them.
std::optional<Overlap> FindSeen(const Context& context, const pipeline::Pipeline& pipeline, const LabelledRows& rows) {
  if (pipeline.seen.empty()) return std::nullopt;
  const auto hashes = pipeline::SeenRowHashes(pipeline, rows.table, rows.truth, *context.pool);
  Overlap overlap;
  double covered = 0;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (!pipeline.seen.Covers(hashes[i])) continue;
    ++covered;
    if (pipeline.seen.Contains(hashes[i]))
      ++overlap.seen;
    else
      overlap.fresh.push_back(table::RowIndex(i));
  }
  if (covered > 0) overlap.seen = std::round(overlap.seen * double(hashes.size()) / covered);
  return overlap;
}

Error SeenWarning(const Overlap& overlap, const Json& document) {
  const Json& unseen = document["unseen"];
  const std::string about = unseen.is_object() && unseen["exact"] == false ? "about " : "";
  std::string text = about + Count(std::int64_t(overlap.seen)) + " of " + Count(document["rows"].get<std::int64_t>()) +
                     " rows are rows that the model was fitted on";
  if (!unseen.is_object())
    return Error(Code::kInvalidData, "rows-seen", text).Do("judge it on rows that are new to it");
  const Json& metric = unseen["metrics"][0];
  text += "; on " + Count(unseen["rows"].get<std::int64_t>()) + " others " + metric["name"].get<std::string>() +
          " is " + Interval(metric["value"].get<double>(), metric["low"].get<double>(), metric["high"].get<double>());
  return Error(Code::kInvalidData, "rows-seen", text).Do("look at `unseen` of --json; a gate is judged on it");
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

  Judged judged{rows.table, rows.truth, predictions.scores, {}};
  std::vector<std::size_t>& columns = judged.columns;
  for (const std::string& name : SplitList(arguments.Get("--by"))) {
    TW_TRY(const std::size_t column, table::ResolveColumn(rows.table.names(), name, "column-not-found", "--by"));
    columns.push_back(column);
  }
  if (columns.empty())
    for (const auto& wanted : pipeline.inputs)
      if (const auto found = rows.table.Find(wanted.field.name)) columns.push_back(*found);
  const auto overlap = FindSeen(context, pipeline, rows);
  Json whole = Judge(context, pipeline, judged);
  Json& document = response.document;
  document = {{"schema", "tagwerk.evaluation/1"},
              {"model", arguments.positional[0]},
              {"data", arguments.positional[1]},
              {"rows", rows.truth.size()},
              {"rows_without_target", rows.without_target},
              {"rows_seen_in_training", overlap ? Json(std::int64_t(overlap->seen)) : Json()},
              {"target", pipeline.target},
              {"metrics", std::move(whole["metrics"])}};
  document["threshold"] = pipeline.task == Task::kBinary ? Json(pipeline.threshold) : Json();
  for (const char* part : {"confusion", "calibration", "slices"}) document[part] = std::move(whole[part]);
  document["unseen"] = nullptr;
  const bool notable = overlap && overlap->seen > kNotable * double(rows.truth.size());
  if (overlap && overlap->seen > 0 && !overlap->fresh.empty()) {
    Json others = {{"rows", overlap->fresh.size()},
                   {"exact", double(overlap->fresh.size()) + overlap->seen == double(rows.truth.size())}};
    others.update(Judge(context, pipeline, judged.Take(overlap->fresh)));
    document["unseen"] = std::move(others);
  }
  if (notable) response.warnings.push_back(SeenWarning(*overlap, document));
  const Json& gated = notable && document["unseen"].is_object() ? document["unseen"]["metrics"] : document["metrics"];
  document["gate"] = gate.empty() ? Json() : CheckGate(arguments.Get("--gate"), gate, gated, Json());
  response.gate_failed = document["gate"].is_object() && !document["gate"]["passed"].get<bool>();
  return response;
}

}  // namespace tagwerk::app
