// Reading by hand-made text; predictions beside LightGBM's own: tests/flow/test_import.py.
#include "learners/trees/lightgbm_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::learners::trees {
namespace {

const std::string kText =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=2\n"
    "objective=binary sigmoid:1\nfeature_names=age colour gap\nfeature_infos=[0:90] 0:1:2 [-1:1]\ntree_sizes=1 1\n\n"
    "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nsplit_gain=5 2\nthreshold=30.5 0\ndecision_type=2 1\n"
    "left_child=1 -2\nright_child=-1 -3\nleaf_value=0.5 -0.25 0.125\ncat_boundaries=0 1\ncat_threshold=5\n"
    "is_linear=0\nshrinkage=1\n\n\n"
    "Tree=1\nnum_leaves=2\nnum_cat=0\nsplit_feature=2\nsplit_gain=1\nthreshold=0.25\ndecision_type=4\n"
    "left_child=-1\nright_child=-2\nleaf_value=1 -1\nis_linear=0\nshrinkage=0.1\n\n\nend of trees\n\n"
    "feature_importances:\nage=1\n\npandas_categorical:[[\"red\", \"green\", \"blue\"]]\n";

std::string ErrorOf(const std::string& text) {
  const auto read = ReadLightGbm(text, "model.txt");
  return read ? "" : read.error().id();
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(LightGbmText, BecomesAForest) {
  const auto read = ReadLightGbm(kText, "model.txt");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->classes, 2U);
  EXPECT_EQ(read->forest.trees(), 2U);
  EXPECT_EQ(read->features[1].levels, (std::vector<std::string>{"red", "green", "blue"}));
  EXPECT_EQ(read->features[0].high, 90);
  // Rows: age, colour (code), gap. Zero counts as missing in the last column and goes right there.
  const auto numbers = [](std::vector<double> values) {
    model::MatrixColumn column;
    column.numeric = std::make_shared<const std::vector<double>>(std::move(values));
    return column;
  };
  model::MatrixColumn colour;
  colour.codes = std::make_shared<const std::vector<std::int32_t>>(std::vector<std::int32_t>{0, 1, 2, -1});
  colour.num_categories = 3;
  const model::Matrix x(4, {numbers({20, 20, 40, NAN}), colour, numbers({0.1, 0.0, 0.5, NAN})});
  const auto model = MakeForestModel(read->forest);
  std::vector<double> out(8);
  model->Predict(x, model::AllRows(4), out);
  const auto probability = [](double score) { return 1 / (1 + std::exp(-score)); };
  EXPECT_NEAR(out[1], probability(-0.25 + 1), 1e-15);
  EXPECT_NEAR(out[3], probability(0.125 - 1), 1e-15);
  EXPECT_NEAR(out[5], probability(0.5 - 1), 1e-15);
  EXPECT_NEAR(out[7], probability(0.125 - 1), 1e-15);  // 0 takes the place of a missing age
}

TEST(LightGbmText, TellsWhatIsWrong) {
  EXPECT_EQ(ErrorOf("a,b\n1,2\n"), "import-format");
  EXPECT_EQ(ErrorOf(Replaced(kText, "left_child=1", "left_child=0")), "import-damaged");      // a circle
  EXPECT_EQ(ErrorOf(Replaced(kText, "right_child=-1", "right_child=-2")), "import-damaged");  // a leaf twice
  EXPECT_EQ(ErrorOf(Replaced(kText, "split_feature=0 1", "split_feature=0 3")), "import-damaged");
  EXPECT_EQ(ErrorOf(Replaced(kText, "leaf_value=0.5", "leaf_value=inf")), "import-damaged");
  EXPECT_EQ(ErrorOf(Replaced(kText, "num_leaves=3", "num_leaves=1000000")), "import-damaged");
  EXPECT_EQ(ErrorOf(Replaced(kText, "threshold=30.5 0", "threshold=30.5 7")), "import-damaged");  // no such set
  EXPECT_EQ(ErrorOf(Replaced(kText, "cat_boundaries=0 1", "cat_boundaries=0 900")), "import-damaged");
  EXPECT_EQ(ErrorOf(Replaced(kText, "binary sigmoid:1", "binary sigmoid:0")), "import-unsupported");
  EXPECT_EQ(ErrorOf(Replaced(kText, "is_linear=0", "is_linear=1")), "import-unsupported");
}

TEST(LightGbmText, SurvivesAnyDamage) {
  Random random(7);
  for (int i = 0; i < 6000; ++i) {
    std::string text = kText;
    if (i < int(kText.size())) {
      text.resize(std::size_t(i));
    } else {
      for (int change = 0; change < 3; ++change) text[random.Below(text.size())] = char(32 + random.Below(95));
    }
    const auto read = ReadLightGbm(text, "model.txt");
    if (!read) continue;
    model::ByteWriter writer;  // what is read is sound: the checks of a model file hold
    WriteForest(read->forest, writer);
    model::ByteReader reader(writer.bytes());
    EXPECT_TRUE(ReadForest(reader, read->features.size()).has_value()) << text;
  }
}

}  // namespace
}  // namespace tagwerk::learners::trees
