#include "learners/trees/forest_walk.h"

#include <gtest/gtest.h>

#include "learners/trees/test_data.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {
namespace {

struct Problem {
  Task task;
  int classes;
};
const Problem kProblems[] = {{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 4}};
const char* const kLearners[] = {"gradient_boosting", "random_forest", "extra_trees"};

model::Fitted FitOf(std::string_view learner, const model::TrainingData& data, int trees, const FitExtras& extras = {},
                    double subsample = 1) {
  Pool pool(2);
  Context context;
  context.pool = &pool;
  context.seed = 5;
  model::Parameters p;
  p.Set("n_estimators", trees);
  p.Set("min_samples_leaf", 5);
  if (learner == "gradient_boosting") {
    p.Set("subsample", subsample);
    p.Set("max_leaf_nodes", 15);
  }
  auto fitted = FitTrees(learner, context, data, p, extras);
  EXPECT_TRUE(fitted.has_value()) << (fitted ? "" : fitted.error().Text());
  return std::move(*fitted);
}

std::vector<double> Start(const Forest& forest, std::size_t rows) {
  return std::vector<double>(rows * forest.scores(), 0.0);
}

TEST(ForestWalk, SumsOfTreesArePredictions) {
  for (const char* learner : kLearners) {
    for (const Problem& problem : kProblems) {
      Sample s = MakeSample(1500, problem.task, problem.classes, 31);
      const model::Fitted fitted = FitOf(learner, s.Data(), 12);
      const Forest& forest = *ForestOf(*fitted.model);
      std::vector<double> sums = Start(forest, s.rows.size()), out(s.rows.size() * forest.outputs);
      AddTrees(forest, s.x, s.rows, 0, 5, sums);  // in two steps
      AddTrees(forest, s.x, s.rows, 5, forest.trees(), sums);
      FinishScores(forest, forest.trees(), sums.data(), s.rows.size(), out.data());
      EXPECT_EQ(out, PredictAll(*fitted.model, s.x)) << learner << problem.classes;
    }
  }
}

TEST(ForestWalk, CategoriesByTheirMeanTargetGoTheWayOfPredictions) {
  Sample s = MakeSample(3000, Task::kRegression, 0, 35, 2, 600);
  const model::Fitted fitted = FitOf("gradient_boosting", s.Data(), 8);
  const Forest& forest = *ForestOf(*fitted.model);
  std::vector<double> sums = Start(forest, s.rows.size()), out(s.rows.size());
  AddTrees(forest, s.x, s.rows, 0, forest.trees(), sums);
  FinishScores(forest, forest.trees(), sums.data(), s.rows.size(), out.data());
  EXPECT_EQ(out, PredictAll(*fitted.model, s.x));

  const Json tree = TreeJson(forest, 0);
  bool by_codes = false;
  for (const Json& node : tree["nodes"]) by_codes |= node.contains("codes") && !node["codes"].empty();
  EXPECT_TRUE(by_codes);

  const model::Fitted first = FitOf("gradient_boosting", s.Data(), 4);
  FitExtras extras;
  extras.before = ForestOf(*first.model);
  const model::Fitted continued = FitOf("gradient_boosting", s.Data(), 8, extras);
  const Forest& longer = *ForestOf(*continued.model);
  std::vector<double> early = Start(longer, s.rows.size());
  AddTrees(longer, s.x, s.rows, 0, 4, early);
  FinishScores(longer, 4, early.data(), s.rows.size(), out.data());
  EXPECT_EQ(out, PredictAll(*first.model, s.x));
}

TEST(ForestWalk, LeavesAreCountedFromZeroAndHoldTheTreesValues) {
  Sample s = MakeSample(1500, Task::kRegression, 0, 33);
  const model::Fitted fitted = FitOf("gradient_boosting", s.Data(), 6);
  const Forest& forest = *ForestOf(*fitted.model);
  std::vector<std::uint32_t> leaves(s.rows.size() * forest.trees());
  LeavesOf(forest, s.x, s.rows, leaves);
  std::vector<double> sums(s.rows.size(), 0.0), ours(s.rows.size(), 0.0);
  AddTrees(forest, s.x, s.rows, 0, forest.trees(), sums);
  for (std::size_t t = 0; t < forest.trees(); ++t) {
    const Json tree = TreeJson(forest, t);
    std::vector<double> values;
    for (const Json& node : tree["nodes"]) {
      if (!node.contains("leaf")) continue;
      EXPECT_EQ(node["leaf"].get<std::size_t>(), values.size());
      values.push_back(node["values"][0].get<double>());
    }
    for (std::size_t i = 0; i < s.rows.size(); ++i) ours[i] += values.at(leaves[i * forest.trees() + t]);
  }
  EXPECT_EQ(ours, sums);
}

// The tree as JSON, walked by its own words.
std::size_t LeafByJson(const Json& tree, const model::Matrix& x, std::size_t row) {
  std::size_t at = 0;
  while (!tree["nodes"][at].contains("leaf")) {
    const Json& node = tree["nodes"][at];
    const model::MatrixColumn& column = x.column(node["column"].get<std::size_t>());
    bool left = node["missing_left"].get<bool>();
    if (column.is_category()) {
      const std::int32_t code = (*column.codes)[row];
      if (code >= 0) {
        left = false;
        for (const Json& c : node["codes"]) left |= c.get<std::int32_t>() == code;
      }
    } else if (const double v = (*column.numeric)[row]; !std::isnan(v)) {
      left = node["threshold"].is_null() || v <= node["threshold"].get<double>();
    }
    at = node[left ? "left" : "right"].get<std::size_t>();
  }
  return tree["nodes"][at]["leaf"].get<std::size_t>();
}

TEST(ForestWalk, ATreeAsJsonLeadsToTheSameLeaves) {
  Sample s = MakeSample(800, Task::kBinary, 2, 35);
  const model::Fitted fitted = FitOf("random_forest", s.Data(), 4);
  const Forest& forest = *ForestOf(*fitted.model);
  std::vector<std::uint32_t> leaves(s.rows.size() * forest.trees());
  LeavesOf(forest, s.x, s.rows, leaves);
  for (std::size_t t = 0; t < forest.trees(); ++t) {
    const Json tree = TreeJson(forest, t);
    for (std::size_t i = 0; i < s.rows.size(); ++i)
      ASSERT_EQ(LeafByJson(tree, s.x, i), leaves[i * forest.trees() + t]) << t << " " << i;
  }
}

TEST(WarmStart, ContinuedTrainingEqualsTrainingAtOnce) {
  for (const char* learner : kLearners) {
    for (const Problem& problem : kProblems) {
      Sample s = MakeSample(1500, problem.task, problem.classes, 37);
      const model::Fitted first = FitOf(learner, s.Data(), 8, {}, 0.8);
      FitExtras extras;
      extras.before = ForestOf(*first.model);
      const model::Fitted continued = FitOf(learner, s.Data(), 20, extras, 0.8),
                          once = FitOf(learner, s.Data(), 20, {}, 0.8);
      EXPECT_EQ(PredictAll(*continued.model, s.x), PredictAll(*once.model, s.x)) << learner << problem.classes;
      const std::string bytes = Bytes(*continued.model);
      model::ByteReader reader(bytes);
      const auto loaded = LoadForest(reader, s.x.cols());
      ASSERT_TRUE(loaded.has_value()) << loaded.error().Text();
      EXPECT_EQ(PredictAll(**loaded, s.x), PredictAll(*once.model, s.x));
    }
  }
}

TEST(WarmStart, OtherRowsWithOtherThresholdsAddUp) {
  Sample a = MakeSample(4000, Task::kRegression, 0, 41), b = MakeSample(4000, Task::kRegression, 0, 43);
  model::Fitted fitted = FitOf("random_forest", a.Data(), 3);
  std::vector<double> sums(b.y.size(), 0.0);
  const model::Matrix& x = (b.Data(), b.x);
  for (int part = 2; part <= 4; ++part) {
    FitExtras extras;
    extras.before = ForestOf(*fitted.model);
    const std::size_t before = extras.before->trees();
    Sample& s = part % 2 == 0 ? b : a;
    model::Fitted more = FitOf("random_forest", s.Data(), 3 * part, extras);
    const Forest& forest = *ForestOf(*more.model);
    ASSERT_EQ(forest.trees(), std::size_t(3 * part));
    std::vector<double> old(b.y.size(), 0.0), now = old;
    AddTrees(*extras.before, x, b.rows, 0, before, old);
    AddTrees(forest, x, b.rows, 0, before, now);
    EXPECT_EQ(old, now) << part;
    AddTrees(forest, x, b.rows, before, forest.trees(), now);
    std::vector<double> out(now.size());
    FinishScores(forest, forest.trees(), now.data(), now.size(), out.data());
    EXPECT_EQ(out, PredictAll(*more.model, x)) << part;
    fitted = std::move(more);
  }
}

TEST(WarmStart, AnotherNumberOfClassesIsRefused) {
  Sample s = MakeSample(600, Task::kMulticlass, 3, 45), other = MakeSample(600, Task::kMulticlass, 4, 45);
  const model::Fitted fitted = FitOf("random_forest", s.Data(), 3);
  FitExtras extras;
  extras.before = ForestOf(*fitted.model);
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const auto refused = FitTrees("random_forest", context, other.Data(), {}, extras);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().id(), "warm-start-shape");
}

TEST(Rounds, AreToldOneByOneAndMayEndTheFit) {
  Sample s = MakeSample(2000, Task::kRegression, 0, 47);
  model::TrainingData data = s.Data();
  data.train_rows = model::RowSpan(s.rows).first(1500);
  data.valid_rows = model::RowSpan(s.rows).subspan(1500);
  std::vector<int> rounds;
  std::vector<double> train, valid;
  FitExtras extras;
  extras.on_round = [&](int round, double train_loss, double valid_loss) {
    rounds.push_back(round);
    train.push_back(train_loss);
    valid.push_back(valid_loss);
    return round == 30;
  };
  const model::Fitted fitted = FitOf("gradient_boosting", data, 200, extras);
  ASSERT_EQ(rounds.size(), 30u);
  EXPECT_EQ(rounds.front(), 1);
  EXPECT_EQ(rounds.back(), 30);
  EXPECT_LT(train.back(), 0.8 * train.front());
  EXPECT_LT(valid.back(), 0.9 * valid.front());
  // Listening changes nothing.
  extras.on_round = [](int, double, double) { return false; };
  const model::Fitted heard = FitOf("gradient_boosting", data, 200, extras),
                      unheard = FitOf("gradient_boosting", data, 200);
  EXPECT_EQ(Bytes(*heard.model), Bytes(*unheard.model));
}

}  // namespace
}  // namespace tagwerk::learners::trees
