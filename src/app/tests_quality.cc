// Least-quality tests: a metric, or an end of its 95 % interval, against a limit; overall or in a part of the rows.
#include <algorithm>
#include <cmath>

#include "app/gate.h"
#include "app/tests.h"
#include "base/text.h"
#include "evaluate/evaluate.h"

namespace tagwerk::app {

namespace {

/// The labelled rows that a test is about.
table::Rows RowsOf(const TestBench& bench, const ModelTest& test, TestOutcome& outcome) {
  std::vector<std::pair<const table::Column*, std::string>> wanted;
  for (const auto& [name, value] : test.where) {
    const auto column = TestColumn(bench.data(), name, outcome);
    if (!column) return {};
    wanted.emplace_back(&bench.data().column(*column), value);
  }
  table::Rows rows;
  for (std::size_t row = 0; row < bench.truth().size(); ++row)
    if (!std::isnan(bench.truth()[row]) && std::all_of(wanted.begin(), wanted.end(), [&](const auto& part) {
          return part.first->Text(row) == part.second;
        }))
      rows.push_back(table::RowIndex(row));
  return rows;
}

Result<Json> MetricsOf(const TestBench& bench, const table::Rows& rows, const std::vector<GatePart>& parts) {
  const pipeline::Pipeline& pipeline = bench.pipeline();
  TW_TRY(const std::vector<double> scores, bench.Predict(bench.data().Take(rows)));
  std::vector<double> truth;
  for (const table::RowIndex row : rows) truth.push_back(bench.truth()[row]);
  evaluate::EvaluateInput input;
  input.scored = {
      pipeline.task, int(pipeline.classes.size()), pipeline.positive, pipeline.threshold, truth, scores, {}};
  input.classes = pipeline.classes;
  input.seed = bench.context().seed;
  Json metrics = Json::array();
  for (const GatePart& part : parts) {
    TW_TRY(const metrics::Metric* metric, metrics::FindMetric(part.name, pipeline.task));
    metrics.push_back(evaluate::MetricJson(evaluate::MetricWithInterval(bench.context(), input, *metric)));
  }
  return metrics;
}

}  // namespace

Result<TestOutcome> JudgeQuality(const TestBench& bench, const ModelTest& test) {
  TestOutcome outcome;
  outcome.key = test.where.empty() ? "check.quality" : "check.quality.where";
  outcome.values = {{"require", test.require}};
  if (!test.where.empty()) {
    std::vector<std::string> where;
    for (const auto& [column, value] : test.where) where.push_back(column + " = " + value);
    outcome.values["where"] = where;
  }
  std::vector<std::string> known;
  for (const auto* metric : metrics::MetricsOf(bench.pipeline().task)) known.push_back(metric->id);
  TW_TRY(const std::vector<GatePart> parts, ParseGate(test.require, known));
  for (const GatePart& part : parts)
    if (part.name == "gain")
      return Error(Code::kInvalidArgument, "tests-file", "require compares metrics with numbers, not with a baseline")
          .Line(test.line)
          .Got(part.text);
  if (bench.truth().empty()) {
    FailTest(outcome, "check.seen.no_target", {{"column", bench.pipeline().target}});
    return outcome;
  }
  const table::Rows rows = RowsOf(bench, test, outcome);
  outcome.rows = std::int64_t(rows.size());
  if (!outcome.ok) return outcome;
  if (rows.empty()) {
    FailTest(outcome, "check.seen.no_rows", Json::object());
    return outcome;
  }
  TW_TRY(const Json metrics, MetricsOf(bench, rows, parts));
  outcome.ok = CheckGate(test.require, parts, metrics, Json())["passed"].get<bool>();
  const Json& first = metrics[0];
  outcome.seen = "check.seen.metric";
  outcome.seen_values = {{"metric", parts[0].name},
                         {"value", first["value"]},
                         {"low", first["low"]},
                         {"high", first["high"]},
                         {"count", outcome.rows}};
  return outcome;
}

}  // namespace tagwerk::app
