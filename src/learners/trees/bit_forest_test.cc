// Tables of bits against walking from node to node: the same bits for any forest of small trees.
#include "learners/trees/bit_forest.h"

#include <gtest/gtest.h>

#include "learners/trees/random_trees.h"

namespace tagwerk::learners::trees {
namespace {

TEST(BitForest, HasTheBitsOfWalkingTheNodes) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    const std::uint32_t classes = seed % 3 == 2 ? 3 : 1;
    const std::size_t trees = classes * (1 + random.Below(30));
    const LightGbmModel made = RandomModel(random, trees, BitForest::kLeaves, classes);
    ASSERT_NE(BitForest::Make(made.forest), nullptr);
    const std::size_t rows = 1 + random.Below(1500);
    const model::Matrix x = RandomRows(random, rows);
    const auto model = MakeForestModel(made.forest);
    std::vector<double> walked(rows * classes), tabled(rows * classes);
    model->Predict(x, model::AllRows(rows), walked);  // few rows: no tables yet
    for (int i = 0; i < 4000; ++i) model->Predict(x, model::AllRows(1), std::span(tabled).first(classes));
    model->Predict(x, model::AllRows(rows), tabled);
    EXPECT_EQ(walked, tabled) << seed;
  }
}

TEST(BitForest, LeavesLargeTreesAlone) {
  Random random(3);
  LightGbmModel made = RandomModel(random, 1, 1, 1);
  std::vector<GivenTree> given{RandomTree(random, BitForest::kLeaves + 1)};
  made.forest = Forest{.start = {0}};
  ASSERT_EQ(BuildForest(given, 1.0, made), "");
  EXPECT_EQ(BitForest::Make(made.forest), nullptr);
}

}  // namespace
}  // namespace tagwerk::learners::trees
