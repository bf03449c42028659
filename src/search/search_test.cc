// The search as a whole, on a synthetic problem with learners that count their fits.
#include "search/search.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "search/portfolio.h"
#include "search/search_fixture.h"

namespace tagwerk::search {
namespace {

namespace fs = std::filesystem;
using testing::MakeContext;
using testing::SearchTest;
using testing::SyntheticProblem;

/// What must be equal in two runs: all of the leaderboard but times.
std::string Leaderboard(const SearchResult& result) {
  Json json = Json::array();
  for (const TrialRecord& trial : result.trials) {
    Json item;
    item["trial"] = trial.trial, item["title"] = trial.title, item["status"] = trial.status;
    for (const auto& [name, value] : trial.parameters.values()) item["p"][name] = value;
    item["score"] = trial.score, item["low"] = trial.low, item["high"] = trial.high;
    item["difference"] = {trial.difference, trial.difference_low, trial.difference_high};
    item["folds"] = trial.fold_scores, item["weight"] = trial.ensemble_weight, item["rank"] = trial.rank;
    item["oof"] = trial.oof;
    json.push_back(std::move(item));
  }
  json.push_back(result.blend);
  json.push_back(result.stop_reason);
  return DumpJson(json);
}

std::string MemberBytes(const Context& context, const SearchInput& input, const SearchResult& result) {
  std::vector<const TrialRecord*> trials;
  for (auto member : result.ensemble.members) trials.push_back(&result.trials[member]);
  auto members = FitMembers(context, input, trials, result.ensemble.weights, input.split->train);
  EXPECT_TRUE(members);
  model::ByteWriter writer;
  double sum = 0;
  if (members) {
    for (const auto& member : *members) {
      writer.F64(member.weight);
      sum += member.weight;
      member.model->Save(writer);
    }
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  return writer.bytes();
}

TEST_F(SearchTest, FindsBetterThanTheBaseline) {
  for (Task task : {Task::kRegression, Task::kBinary, Task::kMulticlass}) {
    SyntheticProblem problem(task, 1000, 5);
    problem.input.catalog = &catalog_;
    problem.input.max_trials = 12;
    Pool pool(2);
    auto result = RunSearch(MakeContext(pool), problem.input, {});
    ASSERT_TRUE(result) << result.error().Text();
    EXPECT_EQ(result->stop_reason, "trials");
    EXPECT_EQ(result->trials.size(), 13u);
    EXPECT_TRUE(result->trials[result->best_baseline].baseline);
    const TrialRecord& best = result->trials[result->best_single];
    EXPECT_EQ(best.rank, 1);
    EXPECT_FALSE(best.baseline);
    EXPECT_GT(best.difference_low, 0) << TaskName(task);
    EXPECT_LT(best.low, best.score);
    EXPECT_GT(best.high, best.score);
    EXPECT_EQ(result->oof_rows, problem.split.train);
    EXPECT_EQ(result->blend.size(), problem.split.train.size() * std::size_t(std::max(1, problem.input.num_classes)));
    double sum = 0;
    for (double w : result->ensemble.weights) sum += w;
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST_F(SearchTest, TrialLimitGivesTheSameResultForAnyNumberOfThreads) {
  for (Task task : {Task::kRegression, Task::kBinary}) {
    std::string leaderboard, bytes;
    for (int threads : {1, 2, 3, 1}) {
      SyntheticProblem problem(task, 600, 6);
      problem.input.catalog = &catalog_;
      problem.input.max_trials = 15;
      problem.input.deadline = Clock::now() + std::chrono::hours(1);
      Pool pool(threads);
      auto result = RunSearch(MakeContext(pool), problem.input, {});
      ASSERT_TRUE(result);
      const std::string own = Leaderboard(*result);
      const std::string own_bytes = MemberBytes(MakeContext(pool), problem.input, *result);
      if (leaderboard.empty()) leaderboard = own, bytes = own_bytes;
      EXPECT_TRUE(leaderboard == own) << threads;
      EXPECT_TRUE(bytes == own_bytes) << threads;
    }
  }
}

TEST_F(SearchTest, OtherSeedTakesAnotherWay) {
  std::string first;
  for (std::uint64_t seed : {1, 2}) {
    SyntheticProblem problem(Task::kRegression, 600, 4);
    problem.input.catalog = &catalog_;
    problem.input.max_trials = 10;
    problem.input.seed = seed;
    Pool pool(2);
    auto result = RunSearch(MakeContext(pool), problem.input, {});
    ASSERT_TRUE(result);
    if (first.empty())
      first = Leaderboard(*result);
    else
      EXPECT_TRUE(first != Leaderboard(*result));
  }
}

TEST_F(SearchTest, ResumeAfterAnyTearRepeatsNoFinishedTrialAndGivesTheSame) {
  SyntheticProblem problem(Task::kBinary, 400, 5);
  problem.input.catalog = &catalog_;
  problem.input.max_trials = 8;
  Pool pool(2);
  std::string whole, expected;
  int all_fits = 0;
  {
    auto journal = Journal::Open(folder_.string());
    ASSERT_TRUE(journal);
    problem.input.journal = journal->get();
    testing::fits = 0;
    auto result = RunSearch(MakeContext(pool), problem.input, {});
    ASSERT_TRUE(result);
    all_fits = testing::fits;
    expected = Leaderboard(*result);
    journal->reset();
    whole = Bytes();
  }
  Random random(5);
  int resumed_fits = all_fits;
  for (int tear = 0; tear < 25; ++tear) {
    const std::size_t cut = tear == 0 ? whole.size() : std::size_t(random.Below(whole.size() + 1));
    std::ofstream(File(), std::ios::binary | std::ios::trunc) << whole.substr(0, cut);
    auto journal = Journal::Open(folder_.string());
    ASSERT_TRUE(journal);
    int kept_fits = 0;
    for (const auto& record : (*journal)->records())
      if (record.type == "trial") kept_fits += record.body["folds_done"].get<int>();
    problem.input.journal = journal->get();
    testing::fits = 0;
    int reported = 0;
    SearchEvents events;
    events.trial_done = [&](const TrialRecord&) { ++reported; };
    auto result = RunSearch(MakeContext(pool), problem.input, events);
    ASSERT_TRUE(result) << cut;
    EXPECT_TRUE(Leaderboard(*result) == expected) << cut;
    EXPECT_EQ(testing::fits + kept_fits, all_fits) << cut;
    EXPECT_EQ(reported, int(result->trials.size()));
    if (tear == 0) resumed_fits = testing::fits;
  }
  EXPECT_EQ(resumed_fits, 0);
}

TEST_F(SearchTest, TimeBudgetIsReplayedFromTheJournal) {
  SyntheticProblem problem(Task::kRegression, 400, 4);
  problem.input.catalog = &catalog_;
  catalog_[1].fit = &testing::FitSlow;
  testing::slow_milliseconds = 3;
  Pool pool(2);
  std::string expected;
  std::size_t trials = 0;
  {
    auto journal = Journal::Open(folder_.string());
    ASSERT_TRUE(journal);
    problem.input.journal = journal->get();
    problem.input.deadline = Clock::now() + std::chrono::milliseconds(500);
    auto result = RunSearch(MakeContext(pool), problem.input, {});
    ASSERT_TRUE(result);
    if (result->trials.back().status == "stopped") GTEST_SKIP() << "the machine is too busy: a trial was cut";
    result->stop_reason = "trials";
    expected = Leaderboard(*result);
    trials = result->trials.size();
    EXPECT_GT(trials, 4u);
  }
  // The same journal with all the time of the world: what was finished, and the same result.
  auto journal = Journal::Open(folder_.string());
  ASSERT_TRUE(journal);
  problem.input.journal = journal->get();
  problem.input.max_trials = int(trials) - 1;
  problem.input.deadline = Clock::now() + std::chrono::hours(1);
  testing::fits = 0;
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(testing::fits, 0);
  EXPECT_TRUE(expected == Leaderboard(*result));
}

TEST_F(SearchTest, FailingLearnerIsReportedAndDoesNotEndTheRun) {
  model::LearnerDescriptor broken = catalog_[1];
  broken.id = "broken", broken.title = "broken", broken.fit = &testing::FitFailing;
  catalog_.insert(catalog_.begin() + 1, broken);
  SyntheticProblem problem(Task::kRegression, 300, 4);
  problem.input.catalog = &catalog_;
  problem.input.max_trials = 6;
  Pool pool(2);
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  int failed = 0;
  for (const auto& trial : result->trials) {
    if (trial.learner != "broken") continue;
    ++failed;
    EXPECT_EQ(trial.status, "failed");
    EXPECT_NE(trial.error.find("matrix is singular"), std::string::npos);
    EXPECT_EQ(trial.rank, 0);
  }
  EXPECT_EQ(failed, 1);

  catalog_ = {broken};
  catalog_[0].baseline = true;
  auto none = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message().find("matrix is singular"), std::string::npos);
}

TEST_F(SearchTest, SettingsOfTheUserAreKept) {
  SyntheticProblem problem(Task::kRegression, 300, 4);
  problem.input.catalog = &catalog_;
  problem.input.max_trials = 6;
  problem.input.fixed["step"].Set("bins", 7);
  Pool pool(2);
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  for (const auto& trial : result->trials)
    if (!trial.baseline) {
      EXPECT_EQ(trial.parameters.Get(testing::StepSpecs(), "bins"), 7);
    }
  problem.input.learners = {"other"};
  result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stop_reason, "all_tried");
}

TEST_F(SearchTest, MoreTimeIsNotExpectedToBringMoreThanTheSecondHalfDid) {
  SyntheticProblem problem(Task::kRegression, 2000, 3);
  problem.input.catalog = &catalog_;
  problem.input.max_trials = 12;
  Pool pool(2);
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  double worst = 0, best = INFINITY;
  for (const auto& trial : result->trials)
    if (!trial.baseline && trial.status == "ok") {
      worst = std::max(worst, trial.score);
      best = std::min(best, trial.score);
    }
  EXPECT_GE(result->expected_gain_per_minute, 0);
  EXPECT_LE(result->expected_gain_per_minute, result->expected_gain_limit);
  EXPECT_LE(result->expected_gain_limit, worst - best);
}

TEST_F(SearchTest, RefitAfterTheDeadlineStillGivesAModel) {
  SyntheticProblem problem(Task::kBinary, 30000, 3);
  problem.input.max_trials = 1;
  problem.input.learners = {"gradient_boosting"};
  Pool pool(2);
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  std::vector<const TrialRecord*> trials = {&result->trials[result->best_single]};
  const TimePoint start = Clock::now();
  auto members = FitMembers(MakeContext(pool).Until(start), problem.input, trials, {1.0}, problem.split.train);
  ASSERT_TRUE(members);
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - start).count(), 30);  // all its rounds take minutes
  ASSERT_EQ(members->size(), 1u);
  auto x = members->front().features->Apply(MakeContext(pool), problem.table, nullptr);
  ASSERT_TRUE(x);
  std::vector<double> scores(problem.split.test.size() * 2), truth;
  members->front().model->Predict(*x, problem.split.test, scores);
  for (auto row : problem.split.test) truth.push_back(problem.input.y[row]);
  metrics::Scored scored{Task::kBinary, 2, 1, 0.5, truth, scores, {}};
  EXPECT_GT(problem.input.metric->compute(scored), 0.8);
}

/// Reads a CSV of numbers without header.
std::vector<std::vector<double>> ReadNumbers(const std::string& path) {
  std::vector<std::vector<double>> columns;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::stringstream cells(line);
    std::size_t c = 0;
    for (std::string cell; std::getline(cells, cell, ','); ++c) {
      if (columns.size() <= c) columns.resize(c + 1);
      columns[c].push_back(std::stod(cell));
    }
  }
  return columns;
}

TEST_F(SearchTest, RealLearnersScoreWellOnRealData) {
  const std::string path = TAGWERK_SOURCE_DIR "/../shared/data/pima_diabetes/pima-indians-diabetes.csv";
  if (!fs::exists(path)) GTEST_SKIP() << "data set is absent: " << path;
  const auto columns = ReadNumbers(path);
  SyntheticProblem problem(Task::kBinary, columns[0].size(), 5);
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> data;
  problem.input.features.clear();
  for (std::size_t c = 0; c + 1 < columns.size(); ++c) {
    table::Field field;
    field.name = "c" + std::to_string(c);
    fields.push_back(field);
    data.push_back(table::Column::Doubles(columns[c]));
    problem.input.features.push_back(c);
  }
  problem.table = table::Table(fields, data, columns[0].size());
  problem.input.y = columns.back();
  problem.input.max_trials = 5;
  std::string leaderboard, bytes;
  for (int threads : {1, 2, 3}) {
    Pool pool(threads);
    auto result = RunSearch(MakeContext(pool), problem.input, {});
    ASSERT_TRUE(result) << result.error().Text();
    EXPECT_GT(result->ensemble.score, 0.82);
    EXPECT_GT(result->trials[result->best_single].difference, 0);
    const std::string own = Leaderboard(*result);
    const std::string own_bytes = MemberBytes(MakeContext(pool), problem.input, *result);
    if (leaderboard.empty()) leaderboard = own, bytes = own_bytes;
    EXPECT_TRUE(own == leaderboard) << threads;
    EXPECT_TRUE(own_bytes == bytes) << threads;
  }
}

TEST_F(SearchTest, LargeDataBeginsWithFewRows) {
  catalog_[1].cost = [](std::size_t rows, auto...) { return 1e-4 * double(rows); };
  SyntheticProblem problem(Task::kRegression, 100000, 1);
  problem.input.catalog = &catalog_;
  problem.input.deadline = Clock::now() + std::chrono::seconds(3);
  Pool pool(2);
  auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  double first = 1, last = 0;
  for (const auto& trial : result->trials) {
    if (trial.baseline) continue;
    if (first == 1) first = trial.rows_share;
    last = std::max(last, trial.rows_share);
  }
  EXPECT_LT(first, 0.1);
  EXPECT_EQ(last, 1);
}

TEST_F(SearchTest, FewerRowsAreNotTriedWhereTheySaveNothing) {
  catalog_[1].cost = [](std::size_t rows, auto...) { return 5 + 1e-5 * double(rows); };
  SyntheticProblem problem(Task::kRegression, 100000, 1);
  problem.input.catalog = &catalog_;
  problem.input.deadline = Clock::now() + std::chrono::seconds(3);
  Pool pool(2);
  const auto result = RunSearch(MakeContext(pool), problem.input, {});
  ASSERT_TRUE(result);
  EXPECT_GT(result->trials.size(), 1u);
  for (const auto& trial : result->trials)
    if (!trial.baseline) EXPECT_EQ(trial.rows_share, 1);
}

TEST(Portfolio, TreesForAllClassesAreTriedWhereThereAreSeveral) {
  for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    SyntheticProblem synthetic(task, 20000, 5);
    const Problem problem = MakeProblem(synthetic.input, 5);
    const auto list = Portfolio(problem);
    const auto together = [](const Configuration& c) { return c.parameters.Has("multi_output"); };
    EXPECT_EQ(std::any_of(list.begin(), list.end(), together), task == Task::kMulticlass);
    Configuration contradiction = list.front();
    contradiction.parameters.Set("multi_output", 2);
    contradiction.parameters.Set("random_thresholds", 1);
    Settle(problem, contradiction);
    EXPECT_EQ(contradiction.parameters.Get(contradiction.learner->parameters, "multi_output"), 0);
  }
}

}  // namespace
}  // namespace tagwerk::search
