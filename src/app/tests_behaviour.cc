// Direction and invariance: rows are changed, predicted again and compared (metamorphic relations as in
// Ribeiro et al. 2020, "Beyond Accuracy", sections 2.1 and 2.2).
#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

#include "app/tests.h"
#include "base/text.h"

namespace tagwerk::app {

namespace {

/// Changes the strings of a column; rows whose text stays are unchanged.
template <class Change>
table::ColumnPtr Rewritten(const table::Column& column, const Change& change) {
  table::DictionaryBuilder words;
  std::vector<std::int32_t> of(std::size_t(column.dictionary()->size()));
  for (std::size_t code = 0; code < of.size(); ++code)
    of[code] = words.Intern(change(std::string(column.dictionary()->at(std::int32_t(code)))));
  std::vector<std::int32_t> codes(column.size(), -1);
  for (std::size_t row = 0; row < codes.size(); ++row)
    if (const std::int32_t code = (*column.codes())[row]; code >= 0) codes[row] = of[std::size_t(code)];
  return table::Column::Strings(std::move(codes), std::move(words).Finish());
}

/// "Bern" becomes "BERN", "BERN" becomes "bern" (ASCII letters).
std::string OtherCase(std::string text) {
  const bool lower = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  for (char& c : text) {
    if (lower && c >= 'a' && c <= 'z')
      c = char(c - 'a' + 'A');
    else if (!lower && c >= 'A' && c <= 'Z')
      c = char(c - 'A' + 'a');
  }
  return text;
}

/// Moves every value half of the table down, so that no row keeps its own (unless it is equal).
table::ColumnPtr Turned(const table::Column& column) {
  table::Rows rows(column.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] = table::RowIndex((i + rows.size() / 2 + rows.size() % 2) % rows.size());
  return column.Take(rows);
}

Result<std::vector<double>> Reversed(const TestBench& bench) {
  const std::size_t n = bench.table().num_rows(), k = bench.outputs();
  table::Rows rows(n);
  for (std::size_t i = 0; i < n; ++i) rows[i] = table::RowIndex(n - 1 - i);
  TW_TRY(const std::vector<double> turned, bench.Predict(bench.table().Take(rows)));
  std::vector<double> after(turned.size());
  for (std::size_t i = 0; i < n; ++i)
    std::copy_n(turned.begin() + std::ptrdiff_t(i * k), k, after.begin() + std::ptrdiff_t((n - 1 - i) * k));
  return after;
}

/// Predicts the rows once more with each of them twice; keeps the second answers.
Result<std::vector<double>> Repeated(const TestBench& bench) {
  const std::size_t n = bench.table().num_rows();
  table::Rows rows(2 * n);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = table::RowIndex(i % n);
  TW_TRY(const std::vector<double> both, bench.Predict(bench.table().Take(rows)));
  return std::vector<double>(both.begin() + std::ptrdiff_t(both.size() / 2), both.end());
}

}  // namespace

void CompareRows(const TestBench& bench, const ModelTest& test, const std::vector<double>& after,
                 TestOutcome& outcome) {
  const std::size_t k = bench.outputs(), n = bench.sample().size();
  double worst = -1;
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < k; ++j) {
      const double moved = std::abs(after[i * k + j] - bench.before()[i * k + j]);
      if (!(moved <= worst)) worst = std::isnan(moved) ? INFINITY : moved, at = i * k + j;
    }
  for (std::size_t i = 0; i < n; ++i) {
    bool same = true;
    for (std::size_t j = 0; j < k; ++j)
      same &= std::abs(after[i * k + j] - bench.before()[i * k + j]) <= test.tolerance + 1e-9;
    outcome.broken += same ? 0 : 1;
  }
  outcome.rows = std::int64_t(n);
  outcome.ok = double(outcome.broken) <= test.share * double(n);
  if (outcome.broken == 0) return;
  outcome.row = std::int64_t(bench.sample()[at / k]) + 1;
  outcome.seen = "check.seen.moved";
  outcome.seen_values = {{"row", *outcome.row},
                         {"before", bench.before()[at]},
                         {"after", after[at]},
                         {"count", outcome.broken},
                         {"rows", outcome.rows}};
}

Result<TestOutcome> JudgeInvariance(const TestBench& bench, const ModelTest& test) {
  TestOutcome outcome;
  outcome.key = "check." + test.check;
  outcome.rows = std::int64_t(bench.sample().size());
  outcome.seen = "check.seen.rows";
  outcome.seen_values = {{"count", outcome.rows}};
  if (test.check == "row_order" || test.check == "duplicates") {
    TW_TRY(const std::vector<double> after, test.check == "row_order" ? Reversed(bench) : Repeated(bench));
    CompareRows(bench, test, after, outcome);
    return outcome;
  }
  outcome.values = {{"column", test.columns[0]}};
  const auto column = TestColumn(bench.table(), test.columns[0], outcome);
  if (!column) return outcome;
  const table::Column& values = bench.table().column(*column);
  table::ColumnPtr changed;
  if (test.check == "value") {
    changed = Turned(values);
  } else if (values.storage() != table::Storage::kString) {
    FailTest(outcome, "check.seen.not_text", {{"column", test.columns[0]}});
    return outcome;
  } else if (test.check == "case") {
    changed = Rewritten(values, OtherCase);
  } else {
    changed = Rewritten(values, [](const std::string& text) { return " " + text + "  "; });
  }
  TW_TRY(const std::vector<double> after, bench.Predict(WithValues(bench.table(), *column, changed)));
  CompareRows(bench, test, after, outcome);
  return outcome;
}

Result<TestOutcome> JudgeDirection(const TestBench& bench, const ModelTest& test) {
  const bool up = test.expect == "not_lower";
  TestOutcome outcome;
  outcome.key = std::string("check.direction.") + test.expect + (test.label.empty() ? "" : ".label");
  outcome.values = {{"column", test.columns[0]}, {"by", *test.by}};
  if (!test.label.empty()) outcome.values["label"] = test.label;
  std::size_t watched = bench.Watched();
  if (!test.label.empty()) {
    const auto& classes = bench.pipeline().classes;
    const auto found = std::find(classes.begin(), classes.end(), test.label);
    if (found == classes.end())
      return Error(Code::kInvalidArgument, "tests-file", "model has no class: " + Quoted(test.label))
          .Line(test.line)
          .Allowed(classes);
    watched = std::size_t(found - classes.begin());
  }
  const auto column = TestColumn(bench.table(), test.columns[0], outcome);
  if (!column) return outcome;
  const table::Column& values = bench.table().column(*column);
  if (values.storage() != table::Storage::kDouble) {
    FailTest(outcome, "check.seen.type", {{"column", test.columns[0]}});
    return outcome;
  }
  std::vector<double> raised = *values.doubles();
  for (double& value : raised) value += *test.by;  // missing stays missing
  TW_TRY(const std::vector<double> after,
         bench.Predict(WithValues(bench.table(), *column, table::Column::Doubles(raised))));
  const std::size_t k = bench.outputs();
  double worst = -1;
  std::size_t at = 0;
  for (std::size_t i = 0; i < raised.size(); ++i) {
    if (std::isnan(raised[i])) continue;
    ++outcome.rows;
    const double moved = after[i * k + watched] - bench.before()[i * k + watched];
    const double against = up ? -moved : moved;
    if (against <= test.tolerance + 1e-9) continue;
    ++outcome.broken;
    if (against > worst) worst = against, at = i;
  }
  outcome.ok = double(outcome.broken) <= test.share * double(std::max<std::int64_t>(1, outcome.rows));
  outcome.seen = "check.seen.rows";
  outcome.seen_values = {{"count", outcome.rows}};
  if (outcome.broken == 0) return outcome;
  outcome.row = std::int64_t(bench.sample()[at]) + 1;
  outcome.seen = "check.seen.moved";
  outcome.seen_values = {{"row", *outcome.row},
                         {"before", bench.before()[at * k + watched]},
                         {"after", after[at * k + watched]},
                         {"count", outcome.broken},
                         {"rows", outcome.rows}};
  return outcome;
}

}  // namespace tagwerk::app
