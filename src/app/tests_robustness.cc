// Robustness: columns that are missing, empty, new or extreme must not give nonsense.
#include <algorithm>
#include <cmath>

#include "app/tests.h"
#include "app/use.h"

namespace tagwerk::app {

namespace {

/// The table without one column.
table::Table Without(const table::Table& table, std::size_t column) {
  std::vector<std::size_t> kept;
  for (std::size_t j = 0; j < table.num_columns(); ++j)
    if (j != column) kept.push_back(j);
  return table.Select(kept);
}

table::ColumnPtr Empty(const table::Column& column) {
  if (column.storage() == table::Storage::kDouble)
    return table::Column::Doubles(std::vector<double>(column.size(), std::nan("")));
  if (column.storage() == table::Storage::kTimestamp)
    return table::Column::Timestamps(std::vector<std::int64_t>(column.size(), table::kMissingTime));
  return table::Column::Strings(std::vector<std::int32_t>(column.size(), -1), column.dictionary());
}

table::ColumnPtr NeverSeen(const table::Column& column) {
  table::DictionaryBuilder words;
  const std::int32_t code = words.Intern("a value that no row has had");
  return table::Column::Strings(std::vector<std::int32_t>(column.size(), code), std::move(words).Finish());
}

/// Ten ranges beyond the largest value, and below the smallest, in turn.
table::ColumnPtr Extreme(const table::Column& column) {
  double low = INFINITY, high = -INFINITY;
  for (const double value : *column.doubles())
    if (!std::isnan(value)) low = std::min(low, value), high = std::max(high, value);
  if (low > high) low = high = 0;
  const double width = high > low ? high - low : std::max(1.0, std::abs(high));
  std::vector<double> values(column.size());
  for (std::size_t row = 0; row < values.size(); ++row)
    values[row] = row % 2 == 0 ? high + 10 * width : low - 10 * width;
  return table::Column::Doubles(std::move(values));
}

/// Predictions must be numbers, probabilities between 0 and 1, and values within low and high.
void CheckSane(const TestBench& bench, const ModelTest& test, const std::vector<double>& after, TestOutcome& outcome) {
  const std::size_t k = bench.outputs();
  const bool value = bench.pipeline().task == Task::kRegression;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool sane = std::isfinite(after[i]) &&
                      (value ? (!test.low || after[i] >= *test.low) && (!test.high || after[i] <= *test.high)
                             : after[i] >= 0 && after[i] <= 1);
    if (sane) continue;
    if (outcome.broken++ > 0) continue;
    outcome.row = std::int64_t(bench.sample()[i / k]) + 1;
    outcome.seen = "check.seen.moved";
    outcome.seen_values = {{"row", *outcome.row}, {"before", bench.before()[i]}, {"after", after[i]}};
  }
  outcome.ok = outcome.broken == 0;
  if (outcome.ok) return;
  outcome.seen_values["count"] = outcome.broken;
  outcome.seen_values["rows"] = outcome.rows;
}

Result<TestOutcome> JudgeMissingColumn(const TestBench& bench, const ModelTest& test, TestOutcome outcome) {
  outcome.key = "check.missing_column." + test.expect;
  const auto column = TestColumn(bench.table(), test.columns[0], outcome);
  if (!column) return outcome;
  const table::Table less = Without(bench.table(), *column);
  SurprisePolicy policy;
  policy.fail_on_missing_column = test.expect == "refused";
  std::vector<Error> warnings;
  const Status checked = CheckColumns(bench.pipeline(), less.names(), policy, warnings);
  if (test.expect == "refused") {
    if (checked) FailTest(outcome, "check.seen.accepted", Json::object());
    return outcome;
  }
  TW_TRY(const std::vector<double> after, bench.Predict(less));
  CheckSane(bench, test, after, outcome);
  return outcome;
}

}  // namespace

Result<TestOutcome> JudgeRobustness(const TestBench& bench, const ModelTest& test) {
  TestOutcome outcome;
  outcome.key = "check." + test.check;
  outcome.rows = std::int64_t(bench.sample().size());
  outcome.seen = "check.seen.rows";
  outcome.seen_values = {{"count", outcome.rows}};
  if (test.check == "extra_column") {
    table::Field field;
    field.name = field.original_name = "a column that no model knows";
    TW_TRY(const std::vector<double> after,
           bench.Predict(bench.table().WithColumn(
               field, table::Column::Doubles(std::vector<double>(bench.table().num_rows(), 1.0)))));
    CompareRows(bench, test, after, outcome);
    return outcome;
  }
  outcome.values = {{"column", test.columns[0]}};
  if (test.check == "missing_column") return JudgeMissingColumn(bench, test, std::move(outcome));
  const auto column = TestColumn(bench.table(), test.columns[0], outcome);
  if (!column) return outcome;
  const table::Column& values = bench.table().column(*column);
  const bool text = test.check == "new_category", number = test.check == "extreme_values";
  if ((text && values.storage() != table::Storage::kString) ||
      (number && values.storage() != table::Storage::kDouble)) {
    FailTest(outcome, text ? "check.seen.not_text" : "check.seen.type", {{"column", test.columns[0]}});
    return outcome;
  }
  const table::ColumnPtr changed = text ? NeverSeen(values) : number ? Extreme(values) : Empty(values);
  TW_TRY(const std::vector<double> after, bench.Predict(WithValues(bench.table(), *column, changed)));
  CheckSane(bench, test, after, outcome);
  return outcome;
}

}  // namespace tagwerk::app
