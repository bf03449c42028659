// Baselines against numbers worked out by hand.
#include "learners/baseline/baseline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "learners/baseline/constant_model.h"
#include "learners/baseline/sample.h"
#include "learners/baseline/tree_model.h"

namespace tagwerk::learners::baseline {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

model::MatrixColumn Number(std::string name, std::vector<double> values) {
  model::MatrixColumn column;
  column.name = std::move(name);
  column.numeric = std::make_shared<const std::vector<double>>(std::move(values));
  return column;
}

model::MatrixColumn Category(std::string name, std::vector<std::int32_t> codes, std::int32_t count) {
  model::MatrixColumn column;
  column.name = std::move(name);
  column.codes = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
  column.num_categories = count;
  return column;
}

struct Problem {
  Task task = Task::kRegression;
  int num_classes = 0;
  std::vector<model::MatrixColumn> columns;
  std::vector<double> y, weight;
};

/// Fits on all rows and returns model and predictions of all rows.
std::pair<std::unique_ptr<model::Model>, std::vector<double>> FitOnAll(const model::LearnerDescriptor& learner,
                                                                       const Problem& problem) {
  Pool pool(2);
  Context context;
  context.pool = &pool;
  const model::Matrix x(problem.y.size(), problem.columns);
  const model::Rows rows = model::AllRows(problem.y.size());
  model::TrainingData data;
  data.task = problem.task;
  data.num_classes = problem.num_classes;
  data.x = &x;
  data.y = problem.y;
  data.weight = problem.weight;
  data.train_rows = rows;
  auto fitted = learner.fit(context, data, {});
  if (!fitted) {
    ADD_FAILURE() << fitted.error().Text();
    return {};
  }
  std::vector<double> out(rows.size() * static_cast<std::size_t>(fitted->model->num_outputs()));
  fitted->model->Predict(x, rows, out);
  return {std::move(fitted->model), out};
}

TEST(PriorBaseline, GivesWeightedSharesAndMeans) {
  Problem problem{.task = Task::kMulticlass, .num_classes = 3, .y = {0, 0, 2, 2}, .weight = {1, 2, 3, 4}};
  const auto [model, shares] = FitOnAll(Prior(), problem);
  // Class 1 was not seen: it counts as half an observation.
  EXPECT_DOUBLE_EQ(shares[0], 3 / 10.5);
  EXPECT_DOUBLE_EQ(shares[1], 0.5 / 10.5);
  EXPECT_DOUBLE_EQ(shares[2], 7 / 10.5);
  problem = {.y = {1, 2, 6}, .weight = {1, 1, 2}};
  EXPECT_DOUBLE_EQ(FitOnAll(Prior(), problem).second[0], 15.0 / 4);
}

TEST(MedianBaseline, IsTheWeightedMedian) {
  EXPECT_EQ(FitOnAll(Median(), {.y = {9, 1, 5}}).second[0], 5);
  EXPECT_EQ(FitOnAll(Median(), {.y = {9, 1, 5, 7}}).second[0], 6);
  EXPECT_EQ(FitOnAll(Median(), {.y = {9, 1, 5}, .weight = {5, 1, 1}}).second[0], 9);
  EXPECT_EQ(FitOnAll(Median(), {.y = {9, 1, 5, -1e300}, .weight = {1, 1, 1, 0}}).second[0], 5);
}

/// "noise" has many values, "kind" carries the signal, "wave" carries it without being monotone.
Problem Signal(Task task, bool with_kind) {
  Problem problem{.task = task, .num_classes = task == Task::kRegression ? 0 : 2};
  Random random(3);
  std::vector<double> noise, wave;
  std::vector<std::int32_t> kind;
  for (int i = 0; i < 2000; ++i) {
    noise.push_back(random.Normal());
    wave.push_back(random.Uniform() * 6.28);
    kind.push_back(static_cast<std::int32_t>(random.Below(4)) - 1);
    const double strength = with_kind ? kind.back() * 2.0 : 0;
    const double signal = std::cos(2 * wave.back()) + strength + 0.2 * random.Normal();
    problem.y.push_back(task == Task::kRegression ? signal : (signal > (with_kind ? 1 : 0) ? 1 : 0));
  }
  problem.columns = {Number("noise", noise), Number("wave", wave)};
  if (with_kind) problem.columns.push_back(Category("kind", kind, 3));
  return problem;
}

TEST(ColumnBaseline, PicksAndNamesTheBestColumn) {
  for (const Task task : {Task::kRegression, Task::kBinary}) {
    EXPECT_EQ(FitOnAll(Column(), Signal(task, true)).first->Summary()["column"], "kind");
    EXPECT_EQ(FitOnAll(Column(), Signal(task, false)).first->Summary()["column"], "wave");
  }
}

TEST(ColumnBaseline, ManyRareCategoriesDoNotWin) {
  Problem problem = Signal(Task::kBinary, false);
  std::vector<std::int32_t> key;
  for (int i = 0; i < 2000; ++i) key.push_back(i / 2);
  problem.columns.push_back(Category("key", key, 1000));
  EXPECT_EQ(FitOnAll(Column(), problem).first->Summary()["column"], "wave");
}

TEST(ColumnBaseline, BinsPredictShrunkenMeans) {
  Problem problem{.y = {}};
  std::vector<std::int32_t> codes;
  for (int i = 0; i < 60; ++i) {
    codes.push_back(i % 3 - 1);
    problem.y.push_back(i % 3 * 10);
  }
  problem.columns = {Category("kind", codes, 2)};
  const auto [model, out] = FitOnAll(Column(), problem);
  // Twenty rows and a prior of weight 10 at the mean 10.
  EXPECT_NEAR(out[0], (20 * 0 + 10 * 10.0) / 30, 1e-12);
  EXPECT_NEAR(out[1], 10, 1e-12);
  EXPECT_NEAR(out[2], (20 * 20 + 10 * 10.0) / 30, 1e-12);
}

TEST(TreeBaseline, SplitsWhereTheTargetChanges) {
  Problem problem{.y = {}};
  std::vector<double> x;
  for (int i = 0; i < 60; ++i) {
    x.push_back(i);
    problem.y.push_back(i < 23 ? -1 : 1);
  }
  problem.columns = {Number("x", x)};
  const auto [model, out] = FitOnAll(Tree(), problem);
  const auto& nodes = static_cast<const TreeModel&>(*model).nodes();
  ASSERT_EQ(nodes.size(), 3U);
  EXPECT_EQ(nodes[0].threshold, 22.5);
  EXPECT_LT(out[0], -0.9);
  EXPECT_GT(out[59], 0.9);
}

TEST(TreeBaseline, UsesCategoriesAndMissingValues) {
  Problem problem{.task = Task::kBinary, .num_classes = 2, .y = {}};
  std::vector<std::int32_t> codes;
  std::vector<double> x;
  for (int i = 0; i < 600; ++i) {
    codes.push_back(i % 5);
    x.push_back(i % 2 == 0 ? kMissing : i);
    problem.y.push_back((i % 5 == 1 || i % 5 == 3) == (i % 2 == 0) ? 1 : 0);
  }
  problem.columns = {Category("kind", codes, 5), Number("x", x)};
  const auto [model, out] = FitOnAll(Tree(), problem);
  int right = 0;
  for (std::size_t i = 0; i < 600; ++i) right += (out[2 * i + 1] > 0.5) == (problem.y[i] > 0.5) ? 1 : 0;
  EXPECT_EQ(right, 600);
  EXPECT_FALSE(model->Summary()["tree"].is_null());
}

TEST(TreeBaseline, HasAtMostSixteenLeaves) {
  const auto [model, out] = FitOnAll(Tree(), Signal(Task::kRegression, true));
  EXPECT_LE(model->Summary()["leaves"].get<int>(), 16);
  EXPECT_GE(model->Summary()["leaves"].get<int>(), 8);
}

TEST(Bins, QuantilesOfFewValuesAreExact) {
  Sample sample;
  for (model::RowIndex i = 0; i < 6; ++i) {
    sample.rows.push_back(i);
    sample.weight.push_back(1);
  }
  const auto column = Number("x", {1, 1, 2, 2, 4, kMissing});
  const Bins bins = MakeBins(column, sample, 10);
  EXPECT_EQ(bins.edges, (std::vector<double>{1.5, 3}));
  EXPECT_EQ(bins.Of(column, 0), 0U);
  EXPECT_EQ(bins.Of(column, 4), 2U);
  EXPECT_EQ(bins.Of(column, 5), 3U);
}

TEST(ArePredictions, RefusesWhatIsNoProbability) {
  EXPECT_TRUE(ArePredictions({0.25, 0.75, 1, 0}, 2));
  EXPECT_FALSE(ArePredictions({0.5, 0.6}, 2));
  EXPECT_FALSE(ArePredictions({-0.5, 1.5}, 2));
  EXPECT_FALSE(ArePredictions({kMissing}, 1));
  EXPECT_FALSE(ArePredictions({}, 1));
  EXPECT_TRUE(ArePredictions({-7}, 1));
}

}  // namespace
}  // namespace tagwerk::learners::baseline
