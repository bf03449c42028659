#include "learners/trees/forest_model.h"

#include <gtest/gtest.h>

#include "learners/trees/boosting.h"
#include "learners/trees/exponential.h"
#include "learners/trees/forest_builder.h"
#include "learners/trees/forests.h"
#include "learners/trees/test_data.h"

namespace tagwerk::learners::trees {
namespace {

std::unique_ptr<model::Model> Boosted(Sample& s, int trees = 15) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  BoostingSettings settings;
  settings.n_estimators = trees;
  settings.grow.split.min_samples_leaf = 5;
  settings.grow.split.category_smoothing = 1;
  settings.grow.split.min_samples_category = 1;
  return std::move(FitBoosting(context, s.Data(), settings)->model);
}

std::unique_ptr<model::Model> Forested(Sample& s) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  ForestSettings settings;
  settings.n_estimators = 5;
  return std::move(FitForest(context, s.Data(), settings)->model);
}

TEST(Exponential, AgreesWithTheStandardLibrary) {
  for (double x = -700; x < 700; x += 0.37) EXPECT_NEAR(Exponential(x) / std::exp(x), 1, 4e-16) << x;
  EXPECT_EQ(Exponential(0), 1);
}

TEST(ForestModel, RoutesRawValuesAsTrainingBinsDo) {
  Sample s = MakeSample(4000, Task::kRegression, 0, 21);
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const model::TrainingData data = s.Data();
  const auto bins = BuildBins(context, *data.x, data.train_rows, {});
  GradientPlane plane;
  for (const double y : s.y) plane.real.push_back({static_cast<float>(y), 1});
  plane.packed.resize(s.y.size());
  Quantise(plane, data.train_rows, {.unit_hessian = true}, nullptr);
  GrowRules rules;
  rules.max_leaves = 200;
  rules.split.min_samples_leaf = 3;
  rules.split.min_samples_category = 1;
  const auto made = MakeGrower(*bins, rules, nullptr);
  TreeGrower& grower = *made;
  model::Rows rows = s.rows, none;
  Tree tree;
  const std::vector<std::uint8_t> use(bins->features.size(), 1);
  ASSERT_TRUE(grower.Grow(context, plane, 0, use, rows, none, tree));
  tree.values.resize(grower.leaves().size());
  for (std::size_t i = 0; i < tree.values.size(); ++i) tree.values[i] = double(i);
  ForestBuilder builder(*bins, Transform::kIdentity, 1, 1, {0.0});
  builder.Add(tree);
  const auto built = MakeForestModel(std::move(builder).Finish());
  const std::vector<double> leaf = PredictAll(*built, s.x);
  std::size_t categories = 0;
  for (std::size_t i = 0; i < grower.leaves().size(); ++i) {
    for (std::size_t k = grower.leaves()[i].begin; k < grower.leaves()[i].end; ++k) {
      ASSERT_EQ(leaf[rows[k]], double(i));
    }
  }
  for (const TreeNode& n : tree.nodes) categories += n.feature >= 0 && n.category;
  EXPECT_GT(categories, 0u);
}

TEST(ForestModel, GivesOneRowTheSameBitsAsABatch) {
  for (const auto& [task, classes] : {std::pair{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 4}}) {
    Sample s = MakeSample(1203, task, classes, 22);
    for (const auto& m : {Boosted(s), Forested(s)}) {
      const std::vector<double> all = PredictAll(*m, s.x);
      const auto k = std::size_t(m->num_outputs());
      std::vector<double> one(k);
      for (model::RowIndex i = 0; i < 1203; i += 7) {
        m->Predict(s.x, std::span(&i, 1), one);
        for (std::size_t c = 0; c < k; ++c) ASSERT_EQ(one[c], all[i * k + c]);
      }
    }
  }
}

TEST(ForestModel, ProbabilitiesLieInRangeAndSumToOne) {
  for (const int classes : {2, 5}) {
    Sample s = MakeSample(800, classes == 2 ? Task::kBinary : Task::kMulticlass, classes, 23);
    for (const auto& m : {Boosted(s, 100), Forested(s)}) {
      const std::vector<double> p = PredictAll(*m, s.x);
      ASSERT_EQ(m->num_outputs(), classes);
      for (std::size_t i = 0; i < 800; ++i) {
        double sum = 0;
        for (int c = 0; c < classes; ++c) {
          const double v = p[i * std::size_t(classes) + std::size_t(c)];
          EXPECT_GE(v, 0);
          EXPECT_LE(v, 1);
          sum += v;
        }
        EXPECT_NEAR(sum, 1, 1e-12);
      }
    }
  }
}

TEST(ForestModel, IsTheSameAfterSaveAndLoad) {
  for (const auto& [task, classes] : {std::pair{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 4}}) {
    Sample s = MakeSample(600, task, classes, 24);
    for (const auto& m : {Boosted(s), Forested(s)}) {
      const std::string bytes = Bytes(*m);
      model::ByteReader reader(bytes);
      const auto loaded = LoadForest(reader, s.columns.size());
      ASSERT_TRUE(loaded.has_value());
      EXPECT_TRUE(reader.Finish("test").has_value());
      EXPECT_EQ((*loaded)->type_id(), "trees/forest");
      EXPECT_EQ(PredictAll(**loaded, s.x), PredictAll(*m, s.x));
      EXPECT_EQ(Bytes(**loaded), bytes);
      EXPECT_EQ((*loaded)->Summary(), m->Summary());
    }
  }
}

TEST(ForestModel, RefusesEveryTruncation) {
  Sample s = MakeSample(200, Task::kBinary, 2, 25);
  const std::string bytes = Bytes(*Boosted(s, 3));
  for (std::size_t n = 0; n < bytes.size(); n += 1 + n / 50) {
    model::ByteReader reader(std::string_view(bytes).substr(0, n));
    const auto loaded = LoadForest(reader, s.columns.size());
    ASSERT_FALSE(loaded.has_value()) << n;
    EXPECT_EQ(loaded.error().id(), "model-damaged");
  }
}

TEST(ForestModel, RefusesAMatrixThatIsTooNarrow) {
  Sample s = MakeSample(400, Task::kRegression, 0, 26);
  const std::string bytes = Bytes(*Boosted(s));
  model::ByteReader reader(bytes);
  EXPECT_EQ(LoadForest(reader, 2).error().id(), "model-damaged");
}

// Damage is either refused or harmless: prediction ends and stays in memory (checked by the sanitizers).
TEST(ForestModel, SurvivesDamagedBytes) {
  Sample s = MakeSample(150, Task::kMulticlass, 3, 27);
  Random random(1);
  for (const auto& m : {Boosted(s, 3), Forested(s)}) {
    const std::string bytes = Bytes(*m);
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
      std::string damaged = bytes;
      const std::size_t hits = 1 + random.Below(3);
      for (std::size_t i = 0; i < hits; ++i) {
        damaged[random.Below(damaged.size())] = static_cast<char>(random.Below(256));
      }
      model::ByteReader reader(damaged);
      const auto loaded = LoadForest(reader, s.columns.size());
      if (!loaded) {
        EXPECT_EQ(loaded.error().id(), "model-damaged");
        ++refused;
        continue;
      }
      std::vector<double> out(s.y.size() * std::size_t((*loaded)->num_outputs()));
      (*loaded)->Predict(s.x, s.rows, out);
    }
    EXPECT_GT(refused, 500);
  }
}

TEST(ForestModel, TreatsAColumnOfTheWrongKindAsMissing) {
  Sample s = MakeSample(300, Task::kRegression, 0, 28), wrong, missing;
  const auto m = Boosted(s);
  for (const auto& c : s.columns) {
    if (c.is_category()) {
      wrong.AddNumeric(std::vector<double>(300, 1.0));
      missing.AddCategory(std::vector<std::int32_t>(300, -1), c.num_categories);
    } else {
      wrong.AddCategory(std::vector<std::int32_t>(300, 0), 1);
      missing.AddNumeric(std::vector<double>(300, kNan));
    }
  }
  wrong.y = missing.y = s.y;
  wrong.Data();
  missing.Data();
  EXPECT_EQ(PredictAll(*m, wrong.x), PredictAll(*m, missing.x));
}

TEST(ForestModel, SummaryNamesTheColumnsItUses) {
  Sample s = MakeSample(1000, Task::kRegression, 0, 29);
  const Json summary = Boosted(s)->Summary();
  EXPECT_EQ(summary["trees"], 15);
  std::vector<double> gain(s.columns.size(), 0.0);
  for (const Json& entry : summary["importance"]) gain.at(entry["column"]) = entry["gain"];
  EXPECT_GT(gain[1], 0);
  EXPECT_GT(gain[0], 2 * gain[1]);  // twice the factor in the target, and not folded by abs
}

}  // namespace
}  // namespace tagwerk::learners::trees
