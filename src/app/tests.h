// Tests of a model, written in a file that people edit (tests.toml) and run in CI (`tagwerk test`).
// A test is a statement; judging it gives ok or fail and, where rows break it, the worst of them.
// One file a family: tests_data.cc, tests_quality.cc, tests_behaviour.cc, tests_robustness.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/options.h"
#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "pipeline/pipeline.h"
#include "table/table.h"

namespace tagwerk::app {

/// One test as it stands in the file: [[family]] and its keys. Absent keys keep these values.
struct ModelTest {
  std::string family;  ///< data, quality, direction, invariance, robustness
  std::string check;   ///< what is tested within the family; see docs/reference/tests.md
  std::string note;    ///< written above a proposed test as a comment; not read back
  std::vector<std::string> columns;
  std::vector<std::string> allowed;  ///< categories
  std::optional<double> low, high;   ///< of values, or of predictions (robustness)
  std::optional<double> by;          ///< direction: how far the column is raised
  std::int64_t at_least = 0;         ///< data rows
  double tolerance = 0;              ///< predictions may differ by this (probability, or unit of the target)
  double share = 0;                  ///< share of the rows that may break it
  std::string expect;                ///< direction: not_lower, not_higher; missing_column: refused, scored
  std::string label;                 ///< direction: the class whose probability is watched
  std::string require;               ///< quality: "auc.low >= 0.7"
  std::vector<std::pair<std::string, std::string>> where;  ///< quality: rows with these values only
  std::int64_t line = 0;
};

struct ModelTests {
  std::string path;          ///< of the file
  std::string data;          ///< DATA when none is typed; relative to the file
  std::int64_t rows = 2000;  ///< at most so many rows for tests that predict again
  std::vector<ModelTest> tests;
};

/// Reads a tests file. Errors: tests-file (exit 2; every fault with its line), config-syntax.
Result<ModelTests> ParseTests(const std::string& bytes, const std::string& path);
/// Writes a tests file with comments; ParseTests reads it back equal.
std::string WriteTests(const ModelTests& tests, const std::string& model);

/// What judging one test gave; the sentences are keys of the report's catalogue.
struct TestOutcome {
  bool ok = true;
  std::string key, seen;  ///< the statement, and what was seen
  Json values = Json::object(), seen_values = Json::object();
  std::int64_t rows = 0, broken = 0;
  std::optional<std::int64_t> row;  ///< 1 = first data row: the one that breaks it most
};

/// What the tests of one call share: the model, the data, and a sample of rows with their predictions.
class TestBench {
 public:
  static Result<TestBench> Make(const Context& context, const pipeline::Pipeline& pipeline, table::Table data,
                                std::int64_t rows);

  const Context& context() const { return context_; }
  const pipeline::Pipeline& pipeline() const { return *pipeline_; }
  const table::Table& data() const { return data_; }
  const std::vector<double>& truth() const { return truth_; }    ///< of data; empty without the target
  const table::Rows& sample() const { return sample_; }          ///< rows of data, ascending
  const table::Table& table() const { return table_; }           ///< those rows
  const std::vector<double>& before() const { return before_; }  ///< their predictions: rows x outputs
  std::size_t outputs() const { return std::size_t(pipeline_->num_outputs()); }
  std::size_t Watched() const;  ///< output that direction is about: the positive class, or the value
  double Spread() const;        ///< standard deviation of the watched predictions
  Result<std::vector<double>> Predict(const table::Table& rows) const;

 private:
  Context context_;
  const pipeline::Pipeline* pipeline_ = nullptr;
  table::Table data_, table_;
  std::vector<double> truth_, before_;
  table::Rows sample_;
};

/// Returns a copy of the table with one column replaced.
table::Table WithValues(const table::Table& table, std::size_t column, const table::ColumnPtr& values);
/// Finds a column of a test; without it the outcome says so.
std::optional<std::size_t> TestColumn(const table::Table& table, const std::string& name, TestOutcome& outcome);
/// Fails an outcome with what was seen.
void FailTest(TestOutcome& outcome, const std::string& seen, Json values);
/// Compares predictions row by row: outcome.ok, broken rows and the worst one (`first` = its before).
void CompareRows(const TestBench& bench, const ModelTest& test, const std::vector<double>& after, TestOutcome& outcome);

Result<TestOutcome> JudgeData(const TestBench& bench, const ModelTest& test);
Result<TestOutcome> JudgeQuality(const TestBench& bench, const ModelTest& test);
Result<TestOutcome> JudgeDirection(const TestBench& bench, const ModelTest& test);
Result<TestOutcome> JudgeInvariance(const TestBench& bench, const ModelTest& test);
Result<TestOutcome> JudgeRobustness(const TestBench& bench, const ModelTest& test);
/// Judges a test of any family.
Result<TestOutcome> JudgeTest(const TestBench& bench, const ModelTest& test);

/// Proposes tests from data and model: only what holds now with room to spare, and is plausible.
Result<ModelTests> LearnTests(const TestBench& bench);

}  // namespace tagwerk::app
