// What is answered is in files, whole, with its types; what cannot be kept is counted.
#include "serve/prediction_log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.h"
#include "io/read.h"
#include "pipeline/pipeline_test.h"
#include "serve/json_body.h"
#include "serve/log_lookup.h"
#include "serve/row_request.h"

namespace tagwerk::serve {
namespace {

namespace fs = std::filesystem;
using pipeline::testing::ToyPipeline;

ServedModelPtr Logged(Task task = Task::kBinary, int version = 3) {
  return std::make_shared<ServedModel>("toy/1", version, std::uint64_t(version), ToyPipeline(task));
}

class PredictionLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("prediction-log-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    options_.folder = folder_.string();
    bench_.context.listener = [this](const Event& event) { lines_.push_back(event.text); };
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Open(std::size_t threads = 1) {
    auto log = PredictionLog::Open(bench_.context, options_, threads);
    ASSERT_TRUE(log) << log.error().message();
    log_ = std::move(*log);
  }
  /// Scores a body of the row API and logs it.
  void Say(const ServedModelPtr& model, const std::string& json, const std::string& id, std::size_t thread = 0) {
    RowOptions options;
    const auto root = body_.Parse(json);
    ASSERT_TRUE(root && ReadRows(*root, *model, options, rows_));
    ScoreOptions scoring;
    scoring.keep_inputs = true;
    ASSERT_TRUE(scorer_.Score(model, rows_, scoring, scored_));
    log_->Add(thread, model, rows_, scored_, {id, &options.ids, Clock::now(), json.size()});
  }
  /// Logs a row of numbers as the single-row path leaves it.
  void SayNumbers(const ServedModelPtr& model, double x, std::size_t thread = 0) {
    rows_.Start(*model);
    rows_.AddRows(1);
    rows_.SetNumber(0, 0, x);
    scored_ = Scored();
    scored_.rows = 1;
    scored_.one_by_one = true;
    scored_.predictions.task = Task::kBinary;
    scored_.predictions.labels = {1};
    scored_.predictions.scores = {0.25, 0.75};
    if (x > 1000) scored_.warnings.push_back({"out-of-range", "x", 1});
    log_->Add(thread, model, rows_, scored_, {"n", nullptr, Clock::now(), 10});
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.is_regular_file() && entry.path().filename().string()[0] != '.') files.push_back(entry.path().string());
    return files;
  }
  table::Table Read(const std::string& path) const {
    auto read = io::Read(bench_.context, path, {});
    EXPECT_TRUE(read) << read.error().message();
    return std::move(read->table);
  }
  static std::string Cell(const table::Table& table, const std::string& column, std::size_t row) {
    const auto at = table.Find(column);
    return at ? table.column(*at).Text(row) : "no such column";
  }

  fs::path folder_;
  LogOptions options_;
  std::vector<std::string> lines_;
  pipeline::testing::Bench bench_;
  JsonBody body_;
  InputRows rows_;
  Scorer scorer_{bench_.context};
  Scored scored_;
  std::unique_ptr<PredictionLog> log_;
};

TEST_F(PredictionLogTest, RowsOfARequestWithTheirTypes) {
  Open();
  const auto model = Logged();
  const std::string first = R"({"key":"k1","x":1.5,"z":7,"color":"red","many":"n7","when":"2020-01-02T03:04:05"})";
  const std::string second = R"({"x":null,"z":999,"color":"violet","many":"n8","when":null})";
  std::vector<SegmentFacts> told;
  log_->OnSegment([&](const SegmentFacts& facts) { told.push_back(facts); });
  Say(model, "[" + first + "," + second + "]", "req");
  const auto again = model->pipeline().Predict(bench_.context, *rows_.ToTable());
  std::vector<std::string> labels;
  for (const std::int32_t label : again->labels) labels.push_back(model->pipeline().classes[std::size_t(label)]);
  log_->Finish();
  const auto files = Files();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_NE(files[0].find("/toy%2F1/3/date=2"), std::string::npos) << files[0];
  const table::Table table = Read(files[0]);
  ASSERT_EQ(table.num_rows(), 2U);
  EXPECT_EQ(Cell(table, "prediction_id", 0), "k1");
  EXPECT_EQ(Cell(table, "prediction_id", 1), "req:1");
  EXPECT_EQ(Cell(table, "route", 0), "champion");
  EXPECT_EQ(Cell(table, "input.x", 0), "1.5");
  EXPECT_EQ(Cell(table, "input.x", 1), "");
  EXPECT_EQ(Cell(table, "input.color", 1), "violet");
  EXPECT_EQ(Cell(table, "input.when", 0), "2020-01-02T03:04:05");
  EXPECT_EQ(Cell(table, "input.when", 1), "");
  EXPECT_EQ(Cell(table, "prediction", 0), labels[0]);
  EXPECT_EQ(Cell(table, "prediction", 1), labels[1]);
  const double yes = *ParseDouble(Cell(table, "probability[yes]", 0)),
               no = *ParseDouble(Cell(table, "probability[no]", 0));
  EXPECT_NEAR(yes + no, 1, 1e-12);
  EXPECT_EQ(Cell(table, "warnings", 0), "[]");
  EXPECT_EQ(Cell(table, "warnings", 1), R"(["new-category:color","out-of-range:z"])");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].rows, 2);
  EXPECT_EQ(told[0].model, "toy/1");
  EXPECT_EQ(told[0].bytes, fs::file_size(files[0]));
  EXPECT_GT(told[0].first, 1'700'000'000'000'000);
  EXPECT_EQ(log_->figures().rows, 2U);
}

TEST_F(PredictionLogTest, TheSingleRowPathWritesTheSameColumns) {
  Open();
  const auto model = Logged();
  SayNumbers(model, 2.5);
  SayNumbers(model, 5000);
  Say(model, R"([{"x":1}])", "t");
  log_->Finish();
  ASSERT_EQ(Files().size(), 1U);
  const table::Table table = Read(Files()[0]);
  ASSERT_EQ(table.num_rows(), 3U);
  EXPECT_EQ(Cell(table, "prediction_id", 0), "n:0");
  EXPECT_EQ(Cell(table, "prediction", 0), "yes");
  EXPECT_EQ(Cell(table, "probability[yes]", 1), "0.75");
  EXPECT_EQ(Cell(table, "input.x", 0), "2.5");
  EXPECT_EQ(Cell(table, "input.color", 0), "");
  EXPECT_EQ(Cell(table, "warnings", 0), "[]");
  EXPECT_EQ(Cell(table, "warnings", 1), R"(["out-of-range:x"])");
  EXPECT_EQ(Cell(table, "prediction_id", 2), "t:0");
}

TEST_F(PredictionLogTest, LabelsAndIntervalsAsTheModelHasThem) {
  Open();
  Say(Logged(Task::kMulticlass, 1), R"([{"x":1},{"x":2}])", "m");
  Say(Logged(Task::kRegression, 2), R"([{"x":1}])", "r");
  log_->Finish();
  ASSERT_EQ(Files().size(), 2U);
  std::set<std::string> columns;
  for (const std::string& file : Files()) {
    const table::Table table = Read(file);
    EXPECT_EQ(table.column(*table.Find("prediction")).storage(), table::Storage::kDouble);
    for (const std::string& name : table.names()) columns.insert(name);
  }
  for (const char* name : {"probability[10]", "lower", "upper", "latency_us", "time"})
    EXPECT_TRUE(columns.contains(name)) << name;
}

TEST_F(PredictionLogTest, WithoutInputs) {
  options_.inputs = false;
  Open();
  Say(Logged(), R"([{"x":1,"z":999}])", "a");
  log_->Finish();
  const table::Table table = Read(Files().at(0));
  for (const std::string& name : table.names()) EXPECT_FALSE(name.starts_with("input.")) << name;
  EXPECT_TRUE(Cell(table, "warnings", 0).starts_with(R"(["out-of-range:z",)"));
}

TEST_F(PredictionLogTest, FilesAreClosedByRowsAndByTime) {
  options_.segment_rows = 10;
  options_.segment_seconds = 0.2;
  Open();
  const auto model = Logged();
  for (int i = 0; i < 25; ++i) SayNumbers(model, i);
  const TimePoint end = Clock::now() + ToDuration(20);
  while (log_->figures().rows < 25 && Clock::now() < end) ::usleep(20'000);
  EXPECT_EQ(log_->figures().rows, 25U);
  EXPECT_EQ(log_->figures().segments, 3U);
  std::size_t rows = 0;
  for (const std::string& file : Files()) rows += Read(file).num_rows();
  EXPECT_EQ(rows, 25U);
}

TEST_F(PredictionLogTest, OpenFilesHoldLittleTogether) {
  options_.held_bytes = 2000;
  Open();
  for (int version = 1; version <= 5; ++version) {
    const auto model = Logged(Task::kBinary, version);
    for (int i = 0; i < 100; ++i) SayNumbers(model, i);
  }
  log_->Finish();
  EXPECT_EQ(log_->figures().rows, 500U);
  EXPECT_EQ(log_->figures().waiting, 0U);
  ASSERT_EQ(Files().size(), 5U);
  for (const std::string& file : Files()) EXPECT_EQ(Read(file).num_rows(), 100U) << file;
}

TEST_F(PredictionLogTest, WhatDoesNotFitIsCountedAndToldOnce) {
  options_.queue_bytes = 1000;
  Open();
  const auto model = Logged();
  for (int i = 0; i < 20'000; ++i) SayNumbers(model, i);
  log_->Finish();
  const LogFigures figures = log_->figures();
  EXPECT_GT(figures.queue_full, 0U);
  EXPECT_EQ(figures.rows + figures.queue_full, 20'000U);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_[0].find("faster than they can be written"), std::string::npos);
  std::string text;
  log_->WriteFigures(text);
  EXPECT_NE(text.find("dropped_total{reason=\"queue_full\"} " + std::to_string(figures.queue_full)), std::string::npos);
}

TEST_F(PredictionLogTest, ManyThreadsLoseNothing) {
  options_.segment_rows = 1000;
  Open(4);
  const auto model = Logged();
  std::vector<std::unique_ptr<Background>> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.push_back(std::make_unique<Background>([this, t, &model] {
      InputRows rows;
      Scored scored;
      for (int i = 0; i < 2000; ++i) {
        rows.Start(*model);
        rows.AddRows(1);
        scored.rows = 1;
        scored.one_by_one = true;
        scored.predictions.task = Task::kBinary;
        scored.predictions.labels = {0};
        scored.predictions.scores = {1, 0};
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        log_->Add(t, model, rows, scored, {id, nullptr, Clock::now(), 10});
      }
    }));
  threads.clear();
  log_->Finish();
  std::set<std::string> ids;
  for (const std::string& file : Files()) {
    const table::Table table = Read(file);
    for (std::size_t r = 0; r < table.num_rows(); ++r) ids.insert(Cell(table, "prediction_id", r));
  }
  EXPECT_EQ(ids.size(), 8000U);
}

TEST_F(PredictionLogTest, AFileThatCannotGrowLosesItsRowsAndIsToldOnce) {
  options_.retry_seconds = 0;
  options_.segment_rows = 5000;
  Open();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 10'000;
  setrlimit(RLIMIT_FSIZE, &small);
  const auto model = Logged();
  for (int i = 0; i < 20'000; ++i) SayNumbers(model, std::sin(i));
  const TimePoint end = Clock::now() + ToDuration(20);
  while (log_->figures().not_written < 20'000 && Clock::now() < end) ::usleep(20'000);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(log_->figures().not_written, 20'000U);
  EXPECT_EQ(lines_.size(), 1U);
  EXPECT_TRUE(Files().empty());
  SayNumbers(model, 1);  // there is room again
  log_->Finish();
  EXPECT_EQ(log_->figures().rows, 1U);
  EXPECT_EQ(Files().size(), 1U);
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    EXPECT_EQ(entry.path().string().find(".tmp-"), std::string::npos) << entry.path();
}

TEST_F(PredictionLogTest, WhatAKilledProcessLeftIsSweptAtTheStart) {
  const fs::path day = folder_ / "toy" / "1" / "date=2026-01-02";
  fs::create_directories(day);
  const std::string left = (day / ".010203-ab.parquet.tmp-999999999").string();
  const std::string whole = (day / "010203-cd.parquet").string();
  std::ofstream(left) << "PAR1";
  std::ofstream(whole) << "PAR1";
  Open();
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(whole));
}

TEST_F(PredictionLogTest, AFolderThatCannotBeIsAnErrorAtTheStart) {
  std::ofstream(folder_.string()) << "a file";
  const auto log = PredictionLog::Open(bench_.context, options_, 1);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().id(), "not-writable");
}

TEST_F(PredictionLogTest, IdsAreFoundBeforeAndAfterTheirFileIsClosed) {
  Open();
  Say(Logged(), R"([{"x":1},{"x":2}])", "a");
  const std::vector<std::string> ids{"a:1", "b:0", "a:0", "a:1"};
  std::vector<bool> found(4, false);
  log_->FindOpen("other", ids, found);
  EXPECT_EQ(found, std::vector<bool>(4, false));
  log_->FindOpen("toy/1", ids, found);
  EXPECT_EQ(found, (std::vector<bool>{true, false, true, true}));
  log_->Finish();
  found.assign(4, false);
  std::ofstream(fs::path(Files().at(0)).parent_path() / "999999-damaged.parquet") << "PAR1 no PAR1";
  const TimePoint later = Clock::now() + ToDuration(20);
  EXPECT_TRUE(FindLogged({"/no/such/folder", folder_.string()}, "toy/1", ids, later, found));
  EXPECT_EQ(found, (std::vector<bool>{true, false, true, true}));
  found.assign(4, false);
  EXPECT_FALSE(FindLogged({folder_.string()}, "toy/1", ids, Clock::now(), found));
}

TEST(FolderName, NeverLeavesItsFolder) {
  EXPECT_EQ(FolderName("flights-2_b.tw"), "flights-2_b.tw");
  EXPECT_EQ(FolderName(".."), "%2E.");
  EXPECT_EQ(FolderName("a/b c"), "a%2Fb%20c");
  EXPECT_EQ(FolderName("\xC3\xA9"), "%C3%A9");
}

}  // namespace
}  // namespace tagwerk::serve
