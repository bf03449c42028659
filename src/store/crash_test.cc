// Kills at any instant, full disks, clocks that jump: what was acknowledged is there, nothing is half there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "store/artifacts.h"
#include "store/runs.h"
#include "store/serving.h"
#include "store/upkeep.h"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

constexpr int kTrials = 7, kLabels = 20;

Json RunDocument(const std::string& id) {
  Json leaderboard = Json::array();
  for (int i = 0; i < kTrials; ++i)
    leaderboard.push_back({{"trial", i},
                           {"learner", "ridge"},
                           {"model", "ridge"},
                           {"metric", "rmse"},
                           {"status", "ok"},
                           {"folds", 3},
                           {"rows_share", 1.0},
                           {"ensemble_weight", 0.0},
                           {"score", 0.5 + i}});
  const Json metric = {{"name", "rmse"}, {"value", 0.5}, {"low", 0.4},
                       {"high", 0.6},    {"rows", 10},   {"direction", "min"}};
  return {{"schema", "tagwerk.run/1"},
          {"id", id},
          {"name", "crash"},
          {"status", "done"},
          {"goal", {{"target", "y"}, {"task", "regression"}, {"metric", "rmse"}}},
          {"test", {{"metrics", Json::array({metric})}}},
          {"model", Json::object()},
          {"leaderboard", leaderboard},
          {"findings", Json::array()},
          {"used", {{"seconds", 1.0}, {"trials", kTrials}}}};
}

RunStart StartOf(const std::string& id, double started) {
  RunStart start;
  start.id = id;
  start.name = "crash";
  start.command = "test";
  start.written_by = "test";
  start.started_unix = started;
  return start;
}

/// One unit of work: a run with files, trials and a version of its model, and labels for its predictions.
Status WriteOne(Store& store, const fs::path& folder, const std::string& id) {
  TW_RETURN_IF_ERROR(BeginRun(store, StartOf(id, UnixNow())));
  const std::string model = (folder / (id + ".tw")).string(), report = (folder / (id + ".html")).string();
  TW_RETURN_IF_ERROR(WriteFileAtomically(model, "model of " + id));
  TW_RETURN_IF_ERROR(WriteFileAtomically(report, "report of " + id + std::string(20'000, 'x')));
  Json document = RunDocument(id);
  TW_RETURN_IF_ERROR(RecordRun(store, document, {{{"report.html", {report, ""}}}, {model, ""}, "", true}, "me"));
  std::vector<FeedbackItem> items;
  for (int i = 0; i < kLabels; ++i) items.push_back({id + ":" + std::to_string(i), false, i, "", 1});
  TW_RETURN_IF_ERROR(AppendFeedback(store, "crash", items));
  fs::remove(model);
  fs::remove(report);
  return Ok();
}

/// Writes units until killed; every finished one is acknowledged by a line.
[[noreturn]] void Worker(const Location& location, const fs::path& folder, const std::string& prefix, int to) {
  auto store = Store::Open(location, Access::kWrite);
  if (!store) ::_exit(3);
  for (int i = 0;; ++i) {
    const std::string id = prefix + "-" + std::to_string(i);
    if (!WriteOne(**store, folder, id)) ::_exit(4);
    const std::string line = id + "\n";
    if (::write(to, line.data(), line.size()) != ssize_t(line.size())) ::_exit(5);
  }
}

std::vector<std::string> LinesOf(int from, std::string text = "") {
  char block[4096];
  for (ssize_t n; (n = ::read(from, block, sizeof block)) > 0;) text.append(block, std::size_t(n));
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
    lines.push_back(text.substr(start, end - start));
  return lines;
}

class CrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("crash-" + std::to_string(::getpid()) + "-" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    location_.path = (folder_ / ".tagwerk" / "store.db").string();
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Runs two writers and kills both some time after the first has finished so many units; returns what they were told
  /// to be safe.
  std::vector<std::string> KillTwo(int round, int units, useconds_t later) {
    std::vector<std::string> acknowledged;
    pid_t workers[2];
    int ends[2];
    for (int w = 0; w < 2; ++w) {
      int pipes[2];
      EXPECT_EQ(::pipe(pipes), 0);
      workers[w] = ::fork();
      if (workers[w] == 0) {
        ::close(pipes[0]);
        Worker(location_, folder_, "r" + std::to_string(round) + "w" + std::to_string(w), pipes[1]);
      }
      ::close(pipes[1]);
      ends[w] = pipes[0];
    }
    std::string first;
    for (char c; std::count(first.begin(), first.end(), '\n') < units && ::read(ends[0], &c, 1) == 1;) first += c;
    ::usleep(later);
    for (const pid_t worker : workers) ::kill(worker, SIGKILL);
    for (int w = 0; w < 2; ++w) {
      int status = 0;
      ::waitpid(workers[w], &status, 0);
      EXPECT_TRUE(WIFSIGNALED(status)) << "writer ended by itself with " << WEXITSTATUS(status);
      for (std::string& line : LinesOf(ends[w], w == 0 ? first : "")) acknowledged.push_back(std::move(line));
      ::close(ends[w]);
    }
    return acknowledged;
  }

  /// Every run is known whole or not at all, every version has its file, every batch of labels is complete.
  void ExpectWhole(Store& store) {
    const auto none = [&](const char* what, const std::string& sql) {
      const auto row = store.database().QueryOne(sql);
      ASSERT_TRUE(row) << row.error().Text();
      EXPECT_EQ((*row)->Int(0), 0) << what;
    };
    none("runs without all trials",
         "SELECT count(*) FROM runs r WHERE status = 'done' AND (SELECT count(*) FROM trials "
         "t WHERE t.run = r.id) <> " +
             std::to_string(kTrials));
    none("trials of unfinished runs",
         "SELECT count(*) FROM trials t JOIN runs r ON r.id = t.run WHERE r.status <> 'done'");
    none("runs without version",
         "SELECT count(*) FROM runs r WHERE status = 'done' AND NOT EXISTS (SELECT 1 FROM "
         "versions v WHERE v.run = r.id)");
    none("runs without files",
         "SELECT count(*) FROM runs r WHERE status = 'done' AND (SELECT count(*) FROM "
         "run_artifacts f WHERE f.run = r.id) <> 3");
    none("cut batches of labels",
         "SELECT count(*) FROM (SELECT substr(key, 1, instr(key, ':')) AS batch, count(*) AS n "
         "FROM feedback GROUP BY batch) WHERE n <> " +
             std::to_string(kLabels));
    none("gaps in the audit log", "SELECT max(number) - count(*) FROM audit_log");
  }

  fs::path folder_;
  Location location_;
};

TEST_F(CrashTest, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
  const char* wanted = std::getenv("TAGWERK_CRASH_KILLS");
  const int kills = wanted == nullptr ? 50 : std::atoi(wanted);
  Random random(7);
  std::size_t acknowledged = 0, kept = 0;
  for (int round = 0; round < kills / 2 && !HasFailure(); ++round) {
    // The first rounds kill while the store itself is being made.
    const auto lines = KillTwo(round, int(random.Below(4)), useconds_t(random.Below(10'000)));
    acknowledged += lines.size();
    auto store = Store::Open(location_, Access::kWrite);
    ASSERT_TRUE(store) << store.error().Text();
    for (const std::string& id : lines) {
      const auto run = FindRun(**store, id);
      ASSERT_TRUE(run) << id;
      EXPECT_EQ(run->status, "done") << id;
      const auto labels = (*store)->database().QueryOne("SELECT count(*) FROM feedback WHERE key LIKE ?", {id + ":%"});
      EXPECT_EQ((*labels)->Int(0), kLabels) << id;
    }
    ExpectWhole(**store);
  }
  const auto store = Store::Open(location_, Access::kWrite);
  const auto check = CheckStore(**store);
  ASSERT_TRUE(check);
  EXPECT_TRUE((*check)["problems"].empty()) << DumpJson((*check)["problems"]);
  kept = (*check)["tables"]["versions"].get<std::size_t>();
  EXPECT_GE(kept, acknowledged);
  EXPECT_GT(acknowledged, std::size_t(kills) / 4) << "too few to prove anything";
  const auto swept = CollectGarbage(**store, {});
  ASSERT_TRUE(swept) << swept.error().Text();
  EXPECT_TRUE((*CheckStore(**store))["problems"].empty());
  RecordProperty("acknowledged", int(acknowledged));
}

TEST_F(CrashTest, AFullDiskIsSaidAndCostsNothingThatWasAcknowledged) {
  int pipes[2];
  ASSERT_EQ(::pipe(pipes), 0);
  const pid_t worker = ::fork();
  if (worker == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = Store::Open(location_, Access::kWrite);
    if (!store) ::_exit(3);
    rlimit limit{900'000, RLIM_INFINITY};  // of every single file: the database or its log hits it
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 2000; ++i) {
      const std::string id = "f-" + std::to_string(i);
      const Status status = WriteOne(**store, folder_, id);
      if (!status) ::_exit(status.error().id() == "disk-full" ? 0 : 4);
      const std::string line = id + "\n";
      if (::write(pipes[1], line.data(), line.size()) < 0) ::_exit(5);
    }
    ::_exit(6);
  }
  ::close(pipes[1]);
  const auto lines = LinesOf(pipes[0]);
  int status = 0;
  ::waitpid(worker, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_GT(lines.size(), 5u);
  auto store = Store::Open(location_, Access::kWrite);
  ASSERT_TRUE(store) << store.error().Text();
  for (const std::string& id : lines) EXPECT_EQ(FindRun(**store, id)->status, "done") << id;
  ExpectWhole(**store);
  EXPECT_TRUE((*CheckStore(**store))["problems"].empty());
  EXPECT_TRUE(WriteOne(**store, folder_, "after"));
}

TEST_F(CrashTest, AClockThatGoesBackDoesNotChangeTheOrder) {
  auto store = Store::Open(location_, Access::kWrite);
  ASSERT_TRUE(store);
  for (const double time : {2e9, 1e9, 1.5e9, 0.0})
    ASSERT_TRUE(BeginRun(**store, StartOf("at-" + std::to_string(int(time / 1e8)), time)));
  std::vector<std::string> ids;
  const auto runs = ListRuns(**store, {});
  for (const RunFacts& run : *runs) ids.push_back(run.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"at-0", "at-15", "at-10", "at-20"}));
}

TEST_F(CrashTest, ARunWhoseProcessIsGoneIsInterrupted) {
  const pid_t worker = ::fork();
  if (worker == 0) {
    auto store = Store::Open(location_, Access::kWrite);
    ::_exit(store && BeginRun(**store, StartOf("gone", UnixNow())) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(worker, &status, 0);
  ASSERT_EQ(status, 0);
  auto store = Store::Open(location_, Access::kWrite);
  ASSERT_TRUE(BeginRun(**store, StartOf("here", UnixNow())));
  EXPECT_EQ(FindRun(**store, "gone")->status, "interrupted");
  EXPECT_EQ(FindRun(**store, "here")->status, "running");
  EXPECT_EQ(ListRuns(**store, {"", "interrupted", 20})->size(), 1u);
  EXPECT_EQ((*CollectGarbage(**store, {}))["interrupted_runs"], 1);
  EXPECT_EQ(DeleteRun(**store, *FindRun(**store, "here"), "me").error().id(), "run-active");
}

}  // namespace
}  // namespace tagwerk::store
