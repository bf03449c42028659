// The verb `test`: model and data in, one outcome a test out (tagwerk.test/1).
#include "app/tests.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "app/names.h"
#include "app/project.h"
#include "app/run.h"
#include "app/use.h"
#include "base/files.h"
#include "base/text.h"
#include "io/read.h"
#include "profile/profile.h"
#include "report/report.h"

namespace tagwerk::app {

namespace fs = std::filesystem;

namespace {

/// The file of the tests: as typed, else tests.toml beside the project file, else here.
std::string TestsPath(const Arguments& arguments) {
  if (arguments.Has("--tests")) return arguments.Get("--tests");
  const std::string project = arguments.Has("--config") ? arguments.Get("--config") : FindProjectFile();
  return project.empty() ? "tests.toml" : (fs::path(project).parent_path() / "tests.toml").string();
}

bool IsPath(const std::string& data) { return data != "-" && data.find("://") == std::string::npos; }

/// A path as seen from the folder of another file.
std::string RelativeTo(const std::string& file, const std::string& path) {
  std::error_code failure;
  if (!IsPath(path) || fs::path(path).is_absolute()) return path;
  const fs::path folder = fs::absolute(file, failure).parent_path();
  const fs::path relative = fs::relative(fs::absolute(path, failure), folder, failure);
  return relative.empty() ? path : relative.generic_string();
}

std::string ResolvedFrom(const std::string& file, const std::string& path) {
  if (!IsPath(path) || fs::path(path).is_absolute()) return path;
  return (fs::path(file).parent_path() / path).lexically_normal().string();
}

Result<table::Table> ReadData(const Context& context, const Arguments& arguments, const pipeline::Pipeline& pipeline,
                              const std::string& data) {
  TW_TRY(io::ReadOptions options, ReadOptionsFrom(arguments));
  options.expected = pipeline.ExpectedFields();
  options.keep_extra = true;
  TW_TRY(table::ReadResult read, io::Read(context, data, options));
  SurprisePolicy policy;
  policy.data = data;
  policy.fail_on_missing_column = false;  // a test may ask for it; the tests of that column fail
  std::vector<Error> ignored;
  TW_RETURN_IF_ERROR(CheckColumns(pipeline, read.table.names(), policy, ignored));
  return std::move(read.table);
}

std::string Said(const std::string& key, const Json& values) {
  return report::FindingText({{"text_key", key}, {"text_values", values}, {"text", key}}, "en");
}

Json OutcomeJson(const ModelTest& test, const TestOutcome& outcome) {
  return {{"family", test.family},
          {"check", test.check},
          {"columns", test.columns},
          {"status", outcome.ok ? "ok" : "fail"},
          {"rows", outcome.rows},
          {"broken_rows", outcome.broken},
          {"row", outcome.row ? Json(*outcome.row) : Json()},
          {"line", test.line > 0 ? Json(test.line) : Json()},
          {"text", Said(outcome.key, outcome.values)},
          {"seen", Said(outcome.seen, outcome.seen_values)},
          {"text_key", outcome.key},
          {"text_values", outcome.values},
          {"seen_key", outcome.seen},
          {"seen_values", outcome.seen_values}};
}

Status WriteProposals(const TestBench& bench, const std::string& path, const std::string& model,
                      const std::string& data) {
  TW_TRY(ModelTests tests, LearnTests(bench));
  tests.path = path;
  tests.data = data == "-" ? "" : RelativeTo(path, data);
  return WriteFileAtomically(path, WriteTests(tests, model));
}

Error NoTests(const std::string& path, const Arguments& arguments) {
  const std::string model = arguments.positional[0];
  return Error(Code::kNotFound, "tests-missing", "there are no tests yet: file does not exist: " + Quoted(path))
      .ExitCode(2)
      .Do("tagwerk test " + model + " DATA --learn");
}

}  // namespace

table::Table WithValues(const table::Table& table, std::size_t column, const table::ColumnPtr& values) {
  std::vector<table::ColumnPtr> columns;
  for (std::size_t j = 0; j < table.num_columns(); ++j) columns.push_back(j == column ? values : table.column_ptr(j));
  return table::Table(table.fields(), std::move(columns), table.num_rows());
}

void FailTest(TestOutcome& outcome, const std::string& seen, Json values) {
  outcome.ok = false;
  outcome.seen = seen;
  outcome.seen_values = std::move(values);
}

std::optional<std::size_t> TestColumn(const table::Table& table, const std::string& name, TestOutcome& outcome) {
  const auto column = table.Find(name);
  if (!column) FailTest(outcome, "check.seen.no_column", {{"column", name}});
  return column;
}

Result<TestBench> TestBench::Make(const Context& context, const pipeline::Pipeline& pipeline, table::Table data,
                                  std::int64_t rows) {
  TestBench bench;
  bench.context_ = context;
  bench.pipeline_ = &pipeline;
  bench.data_ = std::move(data);
  if (const auto target = bench.data_.Find(pipeline.target)) {
    profile::Goal goal;
    goal.target = *target;
    goal.task = pipeline.task;
    goal.classes = pipeline.classes;
    bench.truth_ = profile::TargetValues(bench.data_, goal);
    if (std::all_of(bench.truth_.begin(), bench.truth_.end(), [](double v) { return std::isnan(v); }))
      bench.truth_.clear();
  }
  bench.sample_.resize(bench.data_.num_rows());
  std::iota(bench.sample_.begin(), bench.sample_.end(), 0);
  if (std::int64_t(bench.sample_.size()) > rows) {  // by row hash: the same rows whatever their order
    const std::vector<std::uint64_t> hashes = bench.data_.RowHashes();
    std::stable_sort(bench.sample_.begin(), bench.sample_.end(),
                     [&](table::RowIndex a, table::RowIndex b) { return hashes[a] < hashes[b]; });
    bench.sample_.resize(std::size_t(rows));
    std::sort(bench.sample_.begin(), bench.sample_.end());
  }
  bench.table_ = bench.data_.Take(bench.sample_);
  TW_TRY(bench.before_, bench.Predict(bench.table_));
  return bench;
}

std::size_t TestBench::Watched() const {
  return pipeline_->task == Task::kBinary ? std::size_t(pipeline_->positive) : 0;
}

double TestBench::Spread() const {
  double sum = 0, squares = 0, n = 0;
  for (std::size_t i = Watched(); i < before_.size(); i += outputs()) {
    sum += before_[i];
    squares += before_[i] * before_[i];
    n += 1;
  }
  return n < 2 ? 0 : std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
}

Result<std::vector<double>> TestBench::Predict(const table::Table& rows) const {
  TW_TRY(pipeline::Predictions predictions, pipeline_->Predict(context_, rows));
  return std::move(predictions.scores);
}

Result<TestOutcome> JudgeTest(const TestBench& bench, const ModelTest& test) {
  if (test.family == "data") return JudgeData(bench, test);
  if (test.family == "quality") return JudgeQuality(bench, test);
  if (test.family == "direction") return JudgeDirection(bench, test);
  if (test.family == "invariance") return JudgeInvariance(bench, test);
  return JudgeRobustness(bench, test);
}

Result<TestResponse> Test(const Context& context, const Arguments& arguments) {
  const TimePoint started = Clock::now();
  if (arguments.positional.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "a model is needed")
        .In("tagwerk test")
        .Do("tagwerk test model.tw data.csv --learn");
  const std::string model = arguments.positional[0], path = TestsPath(arguments);
  const bool learn = arguments.Has("--learn");
  std::error_code ignored;
  const bool exists = fs::exists(path, ignored);
  if (learn && exists)
    return Error(Code::kAlreadyExists, "tests-exist", "file exists and may hold edited tests: " + Quoted(path))
        .In("--learn")
        .Do("--tests OTHER.toml, or remove the file first");
  if (!learn && !exists) return NoTests(path, arguments);
  ModelTests tests;
  if (!learn) {
    TW_TRY(const std::string bytes, ReadFile(path));
    TW_TRY(tests, ParseTests(bytes, path));
  }
  std::string data = arguments.positional.size() > 1 ? arguments.positional[1] : "";
  if (data.empty() && !tests.data.empty()) data = ResolvedFrom(path, tests.data);
  if (data.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "data is needed: none is typed or named in the tests file")
        .In("tagwerk test")
        .Do("tagwerk test " + model + " DATA");
  TW_TRY(const pipeline::Pipeline pipeline, LoadModel(arguments, model));
  TW_TRY(table::Table table, ReadData(context, arguments, pipeline, data));
  TW_TRY(const TestBench bench, TestBench::Make(context, pipeline, std::move(table), tests.rows));
  TestResponse response;
  if (learn) {
    TW_RETURN_IF_ERROR(WriteProposals(bench, path, model, data));
    response.written = path;
    TW_TRY(const std::string bytes, ReadFile(path));
    TW_TRY(tests, ParseTests(bytes, path));
  }
  Json outcomes = Json::array();
  std::int64_t failed = 0;
  for (const ModelTest& test : tests.tests) {
    if (context.ShouldStop()) return Error(Code::kCancelled, "interrupted", "interrupted");
    TW_TRY(const TestOutcome outcome, JudgeTest(bench, test));
    failed += outcome.ok ? 0 : 1;
    outcomes.push_back(OutcomeJson(test, outcome));
  }
  response.failed = failed > 0;
  response.document = {{"schema", "tagwerk.test/1"},
                       {"model", model},
                       {"data", data},
                       {"tests_file", path},
                       {"rows", bench.data().num_rows()},
                       {"passed", std::int64_t(tests.tests.size()) - failed},
                       {"failed", failed},
                       {"tests", std::move(outcomes)},
                       {"seconds", std::chrono::duration<double>(Clock::now() - started).count()}};
  if (const std::string output = arguments.Get("--output"); !output.empty()) {
    TW_TRY(const std::string page, report::RenderTests(response.document, arguments.Get("--lang")));
    TW_RETURN_IF_ERROR(WriteFileAtomically(output, page));
  }
  return response;
}

}  // namespace tagwerk::app
