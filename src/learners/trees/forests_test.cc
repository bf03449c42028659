#include "learners/trees/forests.h"

#include <gtest/gtest.h>

#include "learners/trees/test_data.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {
namespace {

model::Fitted FitOn(const model::TrainingData& data, const ForestSettings& settings, int threads = 1) {
  Pool pool(threads);
  Context context;
  context.pool = &pool;
  auto fitted = FitForest(context, data, settings);
  EXPECT_TRUE(fitted.has_value());
  return std::move(*fitted);
}

ForestSettings Few(int trees = 10) {
  ForestSettings s;
  s.n_estimators = trees;
  return s;
}

TEST(RandomForest, FullTreesWithoutBootstrapLearnTheTrainingRowsByHeart) {
  for (const auto& [task, classes] : {std::pair{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 5}}) {
    Sample s = MakeSample(250, task, classes, 31);
    ForestSettings settings = Few(3);
    settings.bootstrap = false;
    settings.max_bins = 255;
    const std::vector<double> p = PredictAll(*FitOn(s.Data(), settings).model, s.x);
    for (std::size_t i = 0; i < 250; ++i) {
      // Columns are cut into 31 bins at this size, so numbers are learned by heart only nearly.
      if (classes == 0) {
        EXPECT_NEAR(p[i], s.y[i], 1.5);
      } else {
        EXPECT_GT(p[i * std::size_t(classes) + std::size_t(s.y[i])], 0.5);
      }
    }
  }
}

TEST(RandomForest, LeavesOfOneValueGiveThatValue) {
  Sample s;
  std::vector<double> a;
  for (std::size_t i = 0; i < 200; ++i) {
    a.push_back(double(i % 10));
    s.y.push_back(i % 10 == 3 ? 0 : 0.1 * double(i % 10) + 5);
  }
  s.AddNumeric(a);
  ForestSettings settings = Few(5);
  settings.bootstrap = false;
  const std::vector<double> p = PredictAll(*FitOn(s.Data(), settings).model, s.x);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_NEAR(p[i], s.y[i], 1e-14) << i;
}

TEST(RandomForest, IsBitEqualForAnyNumberOfThreads) {
  for (const int classes : {0, 2, 4}) {
    Sample s = MakeSample(2000,
                          classes == 0   ? Task::kRegression
                          : classes == 2 ? Task::kBinary
                                         : Task::kMulticlass,
                          classes, 32);
    ForestSettings settings = Few();
    settings.parallel_cells = 0;
    const std::string one = Bytes(*FitOn(s.Data(), settings, 1).model);
    EXPECT_EQ(one, Bytes(*FitOn(s.Data(), settings, 2).model));
    EXPECT_EQ(one, Bytes(*FitOn(s.Data(), settings, 3).model));
  }
}

TEST(RandomForest, SplitsWhereNoSingleCutHelps) {
  Sample s;  // exclusive or: every first cut has gain 0
  std::vector<double> a, b;
  for (int i = 0; i < 200; ++i) {
    a.push_back(i % 2);
    b.push_back(i / 2 % 2);
    s.y.push_back((i % 2) != (i / 2 % 2));
  }
  s.AddNumeric(a);
  s.AddNumeric(b);
  s.task = Task::kBinary;
  s.classes = 2;
  ForestSettings settings = Few(1);
  settings.bootstrap = false;
  const std::vector<double> p = PredictAll(*FitOn(s.Data(), settings).model, s.x);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(p[2 * i + 1], s.y[i]);
}

TEST(RandomForest, LearnsTargetsOfAnySizeAndOffset) {
  Sample plain = MakeSample(500, Task::kRegression, 0, 38);
  const std::vector<double> expected = PredictAll(*FitOn(plain.Data(), Few()).model, plain.x);
  for (const auto& [scale, offset] : {std::pair{0x1p950, 0.0}, {0x1p-950, 0.0}, {1.0, 0x1p33}}) {
    Sample s = plain;
    for (double& y : s.y) y = y * scale + offset;
    const std::vector<double> p = PredictAll(*FitOn(s.Data(), Few()).model, s.x);
    double error = 0, usual = 0;  // trees may differ where gains are equal but for rounding
    for (std::size_t i = 0; i < 500; ++i) {
      error += std::abs((p[i] - s.y[i]) / scale) / 500;
      usual += std::abs(expected[i] - plain.y[i]) / 500;
    }
    EXPECT_NEAR(error, usual, 0.1 * usual) << scale << " " << offset;
  }
}

TEST(RandomForest, HonoursDepthAndLeafSize) {
  Sample s = MakeSample(1000, Task::kRegression, 0, 33);
  ForestSettings stump = Few(1);
  stump.max_depth = 1;
  EXPECT_EQ(FitOn(s.Data(), stump).model->Summary()["leaves"], 2);
  ForestSettings large = Few(1);
  large.rules.min_samples_leaf = 100;
  large.bootstrap = false;
  EXPECT_LE(FitOn(s.Data(), large).model->Summary()["leaves"], 10);
}

TEST(RandomForest, SurvivesDegenerateData) {
  Sample one;
  one.AddNumeric({1.0});
  one.y = {3.0};
  EXPECT_EQ(PredictAll(*FitOn(one.Data(), Few()).model, one.x)[0], 3.0);
  Sample dull;
  dull.task = Task::kMulticlass;
  dull.classes = 3;
  dull.AddNumeric(std::vector<double>(90, 5.0));
  for (int i = 0; i < 90; ++i) dull.y.push_back(i % 3);
  for (const double p : PredictAll(*FitOn(dull.Data(), Few()).model, dull.x)) EXPECT_NEAR(p, 1.0 / 3, 1e-12);
}

TEST(RandomForest, KeepsItsFinishedTreesAtTheDeadline) {
  Sample s = MakeSample(20000, Task::kRegression, 0, 34);
  Pool pool(2);
  Context context;
  context.pool = &pool;
  context.deadline = Clock::now() - std::chrono::seconds(1);
  const auto none = FitForest(context, s.Data(), Few());
  EXPECT_TRUE(none->stopped_early);
  const std::vector<double> p = PredictAll(*none->model, s.x);
  EXPECT_EQ(p[0], p[1]);
  EXPECT_NE(p[0], 0);
}

TEST(RandomForest, WeightsAreFollowed) {
  Sample s = MakeSample(600, Task::kMulticlass, 3, 35);
  s.weight.assign(600, 1.0);
  for (std::size_t i = 0; i < 600; ++i) s.weight[i] = s.y[i] == 0 ? 20.5 : 0.25;
  ForestSettings settings = Few();
  settings.max_depth = 1;
  const std::vector<double> p = PredictAll(*FitOn(s.Data(), settings).model, s.x);
  double mean = 0;
  for (std::size_t i = 0; i < 600; ++i) mean += p[3 * i] / 600;
  EXPECT_GT(mean, 0.8);
}

TEST(ExtraTrees, DrawDifferentCutsInEveryTreeAndLearn) {
  Sample s = MakeSample(2000, Task::kBinary, 2, 36);
  Pool pool(1);
  Context context;
  context.pool = &pool;
  model::Parameters p;
  p.Set("n_estimators", 30);
  model::TrainingData data = s.Data();
  data.train_rows = model::RowSpan(s.rows).first(1500);
  const auto extra = ExtraTrees().fit(context, data, p);
  const auto random = RandomForest().fit(context, data, p);
  ASSERT_TRUE(extra && random);
  EXPECT_NE(Bytes(*extra->model), Bytes(*random->model));
  for (const auto* fitted : {&*extra, &*random}) {
    const std::vector<double> out = PredictAll(*fitted->model, s.x);
    int right = 0;
    for (std::size_t i = 1500; i < 2000; ++i) right += (out[2 * i + 1] > 0.5) == (s.y[i] > 0.5);
    EXPECT_GT(right, 410);
  }
}

TEST(DecisionTree, GrowsOneTreeWithinItsDepth) {
  Sample s = MakeSample(2000, Task::kRegression, 0, 37);
  Pool pool(1);
  Context context;
  context.pool = &pool;
  model::Parameters p;
  p.Set("max_depth", 3);
  const auto fitted = DecisionTree().fit(context, s.Data(), p);
  ASSERT_TRUE(fitted.has_value());
  EXPECT_EQ(fitted->model->Summary()["trees"], 1);
  EXPECT_LE(fitted->model->Summary()["leaves"], 8);
  EXPECT_EQ(DecisionTree().describe(p), "depth 3");
}

TEST(Forests, DescribeAndEstimateThemselves) {
  model::Parameters p;
  EXPECT_EQ(RandomForest().describe(p), "100 trees, leaves of 1 row");
  p.Set("min_samples_leaf", 5);
  EXPECT_EQ(ExtraTrees().describe(p), "100 trees, leaves of 5 rows");
  EXPECT_GT(RandomForest().cost(100000, 50, 2, p), RandomForest().cost(10000, 50, 2, p));
}

}  // namespace
}  // namespace tagwerk::learners::trees
