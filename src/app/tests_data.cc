// Data tests: what arrives is what the model was taught on.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "app/tests.h"

namespace tagwerk::app {

namespace {

/// Counts a row that breaks a test; the first one is shown.
void Broken(TestOutcome& outcome, std::size_t row) {
  if (outcome.broken++ == 0) outcome.row = std::int64_t(row) + 1;
}

/// Ends a test about values: ok while no more rows than allowed break it.
void FinishTests(const table::Table& data, std::size_t column, double share, TestOutcome& outcome) {
  outcome.ok = double(outcome.broken) <= share * double(std::max<std::int64_t>(1, outcome.rows));
  if (outcome.broken > 0) {
    outcome.seen = "check.seen.value";
    outcome.seen_values = {{"row", *outcome.row},
                           {"value", data.column(column).Text(std::size_t(*outcome.row - 1))},
                           {"count", outcome.broken},
                           {"rows", outcome.rows}};
  }
}

void JudgeRange(const TestBench& bench, const ModelTest& test, std::size_t column, TestOutcome& outcome) {
  outcome.key = test.low && test.high ? "check.range" : test.low ? "check.range.low" : "check.range.high";
  outcome.values["low"] = test.low ? Json(*test.low) : Json();
  outcome.values["high"] = test.high ? Json(*test.high) : Json();
  const table::Column& values = bench.data().column(column);
  if (values.storage() != table::Storage::kDouble)
    return FailTest(outcome, "check.seen.type", {{"column", test.columns[0]}});
  for (std::size_t row = 0; row < values.size(); ++row) {
    const double value = (*values.doubles())[row];
    if ((test.low && value < *test.low) || (test.high && value > *test.high)) Broken(outcome, row);
  }
  FinishTests(bench.data(), column, test.share, outcome);
}

void JudgeCategories(const TestBench& bench, const ModelTest& test, std::size_t column, TestOutcome& outcome) {
  outcome.key = "check.categories";
  outcome.values["count"] = test.allowed.size();
  const std::unordered_set<std::string> allowed(test.allowed.begin(), test.allowed.end());
  const table::Column& values = bench.data().column(column);
  for (std::size_t row = 0; row < values.size(); ++row)
    if (!values.IsMissing(row) && allowed.count(values.Text(row)) == 0) Broken(outcome, row);
  FinishTests(bench.data(), column, test.share, outcome);
}

void JudgeMissing(const TestBench& bench, const ModelTest& test, std::size_t column, TestOutcome& outcome) {
  outcome.key = "check.missing";
  outcome.values["share"] = test.share;
  const table::Column& values = bench.data().column(column);
  for (std::size_t row = 0; row < values.size(); ++row)
    if (values.IsMissing(row)) Broken(outcome, row);
  const double seen = double(outcome.broken) / double(std::max<std::int64_t>(1, outcome.rows));
  outcome.ok = seen <= test.share;
  outcome.seen = "check.seen.missing";
  outcome.seen_values = {{"share", seen}, {"count", outcome.rows}};
}

void JudgeType(const TestBench& bench, const ModelTest& test, std::size_t column, TestOutcome& outcome) {
  outcome.key = "check.type";
  const table::Field& field = bench.data().field(column);
  outcome.values["type"] = std::string(table::TypeName(field.type));
  outcome.broken = field.unparsed;
  outcome.ok = double(field.unparsed) <= test.share * double(std::max<std::int64_t>(1, outcome.rows));
  if (field.unparsed > 0) {
    outcome.seen = "check.seen.unparsed";
    outcome.seen_values = {{"value", field.unparsed_examples.empty() ? "" : field.unparsed_examples[0]},
                           {"count", outcome.broken},
                           {"rows", outcome.rows}};
  }
}

void JudgeUnique(const TestBench& bench, const ModelTest& test, TestOutcome& outcome) {
  outcome.key = "check.unique";
  outcome.values["columns"] = test.columns;
  outcome.values["count"] = test.columns.size();
  std::vector<std::size_t> columns;
  for (const std::string& name : test.columns) {
    const auto column = TestColumn(bench.data(), name, outcome);
    if (!column) return;
    columns.push_back(*column);
  }
  const std::vector<std::uint64_t> hashes = bench.data().RowHashes(columns);
  std::vector<std::size_t> order(hashes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return hashes[a] < hashes[b]; });
  std::size_t earlier = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (hashes[order[i]] != hashes[order[i - 1]]) continue;
    ++outcome.broken;
    if (outcome.row && *outcome.row <= std::int64_t(order[i]) + 1) continue;
    outcome.row = std::int64_t(order[i]) + 1;
    earlier = order[i - 1];
  }
  outcome.ok = double(outcome.broken) <= test.share * double(std::max<std::int64_t>(1, outcome.rows));
  if (outcome.broken == 0) return;
  outcome.seen = "check.seen.repeats";
  outcome.seen_values = {
      {"row", *outcome.row}, {"other", earlier + 1}, {"count", outcome.broken}, {"rows", outcome.rows}};
}

}  // namespace

Result<TestOutcome> JudgeData(const TestBench& bench, const ModelTest& test) {
  TestOutcome outcome;
  outcome.rows = std::int64_t(bench.data().num_rows());
  outcome.seen = "check.seen.rows";
  outcome.seen_values = {{"count", outcome.rows}};
  if (test.check == "rows") {
    outcome.key = "check.rows";
    outcome.values = {{"count", test.at_least}};
    outcome.ok = outcome.rows >= test.at_least;
    return outcome;
  }
  if (test.check == "unique") {
    JudgeUnique(bench, test, outcome);
    return outcome;
  }
  outcome.key = "check." + test.check;
  outcome.values = {{"column", test.columns[0]},    {"low", nullptr},      {"high", nullptr},
                    {"count", test.allowed.size()}, {"share", test.share}, {"type", ""}};
  const auto column = TestColumn(bench.data(), test.columns[0], outcome);
  if (!column) return outcome;
  if (test.check == "range") JudgeRange(bench, test, *column, outcome);
  if (test.check == "categories") JudgeCategories(bench, test, *column, outcome);
  if (test.check == "missing") JudgeMissing(bench, test, *column, outcome);
  if (test.check == "type") JudgeType(bench, test, *column, outcome);
  return outcome;
}

}  // namespace tagwerk::app
