// Every way to predict a forest gives the bits of walking from node to node.
#include <gtest/gtest.h>

#include "learners/trees/forests.h"
#include "learners/trees/lane_forest.h"
#include "learners/trees/random_trees.h"
#include "learners/trees/table_forest.h"
#include "learners/trees/test_data.h"
#include "learners/trees/tile_forest.h"

namespace tagwerk::learners::trees {
namespace {

/// Rows one by one from a model that was not asked before: too few for any engine to be made.
std::vector<double> Walked(const Forest& forest, const model::Matrix& x) {
  const auto width = std::size_t(MakeForestModel(forest)->num_outputs());
  std::vector<double> out(x.rows() * width);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const auto row = static_cast<model::RowIndex>(i);
    MakeForestModel(forest)->Predict(x, {&row, 1}, std::span(out).subspan(i * width, width));
  }
  return out;
}

/// A warm model, asked for all rows at once, and one by one.
void ExpectSameBits(const Forest& forest, const model::Matrix& x, const std::string& what) {
  const std::vector<double> expected = Walked(forest, x);
  const auto model = MakeForestModel(forest);
  for (std::size_t asked = 0; asked < 4000; asked += x.rows()) PredictAll(*model, x);
  EXPECT_EQ(PredictAll(*model, x), expected) << what;
  const auto width = std::size_t(model->num_outputs());
  std::vector<double> out(expected.size());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const auto row = static_cast<model::RowIndex>(i);
    model->Predict(x, {&row, 1}, std::span(out).subspan(i * width, width));
  }
  EXPECT_EQ(out, expected) << what;
}

TEST(ForestEngines, AgreeBitByBitOnRandomForests) {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    Random random(seed);
    const std::uint32_t classes = seed % 3 == 2 ? 3 : 1;
    const std::size_t most = seed % 2 == 0 ? 60 : 250, columns = seed % 4 < 2 ? kAllColumns : kNumbers;
    const std::size_t trees = classes * (1 + random.Below(12));
    const LightGbmModel made = RandomModel(random, trees, most, classes, nullptr, columns);
    EXPECT_NE(TileForest::Make(made.forest), nullptr);
    EXPECT_EQ(LaneForest::Make(made.forest) != nullptr, made.forest.sets.empty());
    ExpectSameBits(made.forest, RandomRows(random, 1 + random.Below(400)), "seed " + std::to_string(seed));
  }
}

// Trees of few different tests: each level of a tree takes one of its tests, or leaves are left as they are.
GivenTree FewTests(Random& random, std::size_t levels, std::size_t columns) {
  GivenTree tree;
  tree.leaf_value.push_back(random.Normal());
  for (std::size_t level = 0; level < levels; ++level) {
    const GivenNode test = RandomNode(random, columns);
    for (std::size_t leaf = 0, leaves = tree.leaf_value.size(); leaf < leaves; ++leaf) {
      if (level > 0 && random.Below(6) == 0) continue;
      GivenNode node = test;
      node.left = ~std::int32_t(leaf);
      node.right = ~std::int32_t(tree.leaf_value.size());
      tree.leaf_value.push_back(random.Normal());
      for (GivenNode& other : tree.nodes) {
        if (other.left == node.left) other.left = std::int32_t(tree.nodes.size());
        if (other.right == node.left) other.right = std::int32_t(tree.nodes.size());
      }
      tree.nodes.push_back(std::move(node));
    }
  }
  tree.leaf_count.assign(tree.leaf_value.size(), 1);
  return tree;
}

TEST(ForestEngines, TablesAgreeBitByBit) {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    Random random(seed);
    const std::uint32_t classes = seed % 3 == 2 ? 3 : 1;
    LightGbmModel made = RandomModel(random, 1, 1, classes);
    std::vector<GivenTree> given;
    for (std::size_t t = classes * (1 + random.Below(9)); t > 0; --t)
      given.push_back(FewTests(random, 3 + random.Below(6), seed % 4 < 2 ? kAllColumns : kNumbers));
    made.forest =
        Forest{.transform = made.forest.transform, .outputs = made.forest.outputs, .start = made.forest.start};
    ASSERT_EQ(BuildForest(given, 1.0, made), "");
    EXPECT_NE(TableForest::Make(made.forest), nullptr) << seed;
    ExpectSameBits(made.forest, RandomRows(random, 1 + random.Below(400)), "seed " + std::to_string(seed));
  }
}

TEST(ForestEngines, TablesLeaveOtherTreesToOtherEngines) {
  Random random(5);
  LightGbmModel made = RandomModel(random, 1, 1, 1);
  for (const std::size_t leaves : {12UL, 200UL}) {  // hardly fewer tests than splits, and too many of them
    std::vector<GivenTree> given{RandomTree(random, leaves), FewTests(random, 3, kNumbers)};
    made.forest = Forest{.start = {0}};
    ASSERT_EQ(BuildForest(given, 1.0, made), "");
    EXPECT_EQ(TableForest::Make(made.forest), nullptr);
  }
}

TEST(ForestEngines, AgreeOnSharesOfClasses) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  Sample s = MakeSample(300, Task::kMulticlass, 4, 3);
  ForestSettings settings;
  settings.n_estimators = 7;
  const auto fitted = FitForest(context, s.Data(), settings);
  ExpectSameBits(*ForestOf(*fitted->model), s.x, "shares");
}

TEST(ForestEngines, LeaveLargeTreesToWalking) {
  Random random(3);
  LightGbmModel made = RandomModel(random, 1, 1, 1);
  std::vector<GivenTree> given{RandomTree(random, TileForest::kLeaves + 1), RandomTree(random, 5)};
  made.forest = Forest{.start = {0}};
  ASSERT_EQ(BuildForest(given, 1.0, made), "");
  EXPECT_EQ(TileForest::Make(made.forest), nullptr);
  ExpectSameBits(made.forest, RandomRows(random, 300), "large");
}

}  // namespace
}  // namespace tagwerk::learners::trees
