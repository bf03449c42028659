// The search at its limits: time, memory, disk, interrupts.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "search/search_fixture.h"

namespace tagwerk::search {
namespace {

using testing::MakeContext;
using testing::SearchTest;
using testing::SyntheticProblem;

TEST_F(SearchTest, DeadlineIsKeptWithSlowLearners) {
  catalog_[1].fit = &testing::FitSlow;
  catalog_[1].cost = [](auto...) { return 0.001; };  // far too low: the estimate is corrected
  testing::slow_milliseconds = 40;
  for (int folds : {1, 4}) {
    SyntheticProblem problem(Task::kRegression, 2000, std::size_t(folds));
    problem.input.catalog = &catalog_;
    Pool pool(2);
    const TimePoint start = Clock::now();
    problem.input.deadline = start + std::chrono::milliseconds(800);
    auto result = RunSearch(MakeContext(pool), problem.input, {});
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    ASSERT_TRUE(result);
    EXPECT_LT(seconds, 30);  // 0.8 on free cores; without the deadline the search does not end
    EXPECT_GT(result->trials.size(), 2u);
  }
}

TEST_F(SearchTest, BaselineAloneIsAResultWhenNothingElseFits) {
  catalog_[1].fit = &testing::FitSlow;
  testing::slow_milliseconds = 60000;
  SyntheticProblem problem(Task::kBinary, 500, 3);
  problem.input.catalog = &catalog_;
  problem.input.deadline = Clock::now() + std::chrono::milliseconds(500);
  Pool pool(1);
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stop_reason, "budget");
  for (const auto& trial : result->trials) EXPECT_EQ(trial.status, trial.baseline ? "ok" : "stopped");
  EXPECT_EQ(result->ensemble.members, std::vector<std::size_t>{0});
}

TEST_F(SearchTest, TimeThatIsUpIsBudgetTooSmall) {
  SyntheticProblem problem(Task::kBinary, 500, 3);
  problem.input.catalog = &catalog_;
  problem.input.deadline = Clock::now() - std::chrono::seconds(1);
  Pool pool(2);
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "budget-too-small");
  EXPECT_EQ(result.error().exit_code(), 5);
}

TEST_F(SearchTest, InterruptEndsWithTheBestSoFar) {
  SyntheticProblem problem(Task::kRegression, 500, 4);
  problem.input.catalog = &catalog_;
  Pool pool(2);
  StopFlag stop;
  Context context = MakeContext(pool);
  context.stop = &stop;
  int seen = 0;
  SearchEvents events;
  events.trial_done = [&](const TrialRecord&) {
    if (++seen == 4) stop.Request();
  };
  auto result = RunSearch(context, problem.input, events);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stop_reason, "interrupt");
  EXPECT_GE(result->trials.size(), 4u);
  EXPECT_LE(result->trials.size(), 6u);

  auto none = RunSearch(context, problem.input, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().exit_code(), 130);
}

TEST_F(SearchTest, MemoryLimitIsAnErrorOnlyWhenNothingFits) {
  SyntheticProblem problem(Task::kRegression, 120000, 1, 40);
  problem.input.catalog = &catalog_;
  problem.input.max_trials = 4;
  Pool pool(2);
  Context context = MakeContext(pool);
  context.memory_limit = 1 << 20;
  auto none = RunSearch(context, problem.input, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().id(), "memory-limit");
  EXPECT_EQ(none.error().exit_code(), 5);

  // Room for a part of the rows only: all need 38 MB. What the process holds meanwhile moves by some MB.
  auto result = none;
  for (double room = 4e6; !result && room < 30e6; room *= 1.5) {
    context.memory_limit = std::uint64_t((double(ResidentBytes()) + room) / 0.9);
    result = RunSearch(context, problem.input, {});
  }
  ASSERT_TRUE(result) << result.error().Text();
  for (const auto& trial : result->trials)
    if (trial.status == "ok") {
      EXPECT_LT(trial.rows_share, 1);
    }
}

TEST_F(SearchTest, FullDiskEndsTheRunWithAnError) {
  const pid_t child = ::fork();
  if (child == 0) {  // a file size limit behaves like a full disk
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{30000, 30000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    SyntheticProblem problem(Task::kRegression, 500, 4);
    problem.input.catalog = &catalog_;
    problem.input.max_trials = 30;
    auto journal = Journal::Open(folder_.string());
    if (!journal) ::_exit(1);
    problem.input.journal = journal->get();
    Pool pool(1);
    auto result = RunSearch(MakeContext(pool), problem.input, {});
    ::_exit(!result && result.error().code() == Code::kResourceExhausted ? 0 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  auto journal = Journal::Open(folder_.string());
  ASSERT_TRUE(journal);
  EXPECT_EQ((*journal)->dropped_bytes(), 0u);
  EXPECT_GT((*journal)->records().size(), 3u);
}

}  // namespace
}  // namespace tagwerk::search
