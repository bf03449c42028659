// Every way to predict a forest gives the bits of walking from node to node.
#include <gtest/gtest.h>

#include "learners/trees/forests.h"
#include "learners/trees/lane_forest.h"
#include "learners/trees/random_trees.h"
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
