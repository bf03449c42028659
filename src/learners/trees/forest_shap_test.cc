// Shapley values against their definition: all subsets of columns of small forests, node by node.
#include "learners/trees/forest_shap.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "learners/trees/boosting.h"
#include "learners/trees/forests.h"
#include "learners/trees/gauss_legendre.h"
#include "learners/trees/random_trees.h"
#include "learners/trees/test_data.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kColumns = kNumbers + kCategories;

bool GoesLeft(const GivenNode& node, const model::Matrix& x, std::size_t row) {
  if (node.category) {
    const std::int32_t code = (*x.column(node.feature).codes)[row];
    return std::find(node.goes_left.begin(), node.goes_left.end(), code) != node.goes_left.end();
  }
  const double v = (*x.column(node.feature).numeric)[row];
  const bool zero = std::abs(v) <= 1e-35;
  if (node.missing == GivenMissing::kZero && (std::isnan(v) || zero)) return node.default_left;
  if (node.missing == GivenMissing::kNan && std::isnan(v)) return node.default_left;
  return (std::isnan(v) ? 0 : v) <= node.threshold;
}

double Cover(const GivenTree& tree, std::int32_t id) {
  if (id < 0) return double(tree.leaf_count[std::size_t(~id)]);
  const GivenNode& node = tree.nodes[std::size_t(id)];
  return Cover(tree, node.left) + Cover(tree, node.right);
}

/// The tree's value when only the columns of the set are known.
double ValueOf(const GivenTree& tree, std::int32_t id, unsigned known, const model::Matrix& x, std::size_t row) {
  if (id < 0) return tree.leaf_value[std::size_t(~id)];
  const GivenNode& node = tree.nodes[std::size_t(id)];
  if ((known >> node.feature) & 1) return ValueOf(tree, GoesLeft(node, x, row) ? node.left : node.right, known, x, row);
  const double left = Cover(tree, node.left), right = Cover(tree, node.right);
  return (left * ValueOf(tree, node.left, known, x, row) + right * ValueOf(tree, node.right, known, x, row)) /
         (left + right);
}

std::vector<double> ByDefinition(const GivenTree& tree, const model::Matrix& x, std::size_t row) {
  const std::int32_t root = tree.nodes.empty() ? ~0 : 0;
  std::vector<double> value(1U << kColumns), shapley(kColumns, 0.0);
  for (unsigned set = 0; set < value.size(); ++set) value[set] = ValueOf(tree, root, set, x, row);
  for (unsigned set = 0; set < value.size(); ++set)
    for (std::size_t j = 0; j < kColumns; ++j) {
      if ((set >> j) & 1) continue;
      const int size = std::popcount(set);
      const double weight =
          std::tgamma(size + 1.0) * std::tgamma(double(kColumns) - size) / std::tgamma(double(kColumns) + 1);
      shapley[j] += weight * (value[set | (1U << j)] - value[set]);
    }
  return shapley;
}

TEST(ForestShap, IsTheDefinitionOnRandomForests) {
  for (std::uint64_t seed = 0; seed < 9; ++seed) {
    Random random(seed);
    const std::uint32_t classes = seed % 3 == 2 ? 3 : 1;
    std::vector<GivenTree> given;
    const LightGbmModel made = RandomModel(random, classes * (1 + random.Below(4)), 40, classes, &given);
    const model::Matrix x = RandomRows(random, 21);
    const auto shap = MakeForestModel(made.forest)->Contribute(x, model::AllRows(x.rows()));
    ASSERT_TRUE(shap.has_value());
    ASSERT_EQ(shap->scores, classes);
    ASSERT_EQ(shap->columns, kColumns);
    for (std::size_t row = 0; row < x.rows(); ++row) {
      std::vector<double> expected(classes * kColumns, 0.0);
      for (std::size_t t = 0; t < given.size(); ++t) {
        const std::vector<double> one = ByDefinition(given[t], x, row);
        for (std::size_t j = 0; j < kColumns; ++j) expected[t % classes * kColumns + j] += one[j];
      }
      for (std::size_t j = 0; j < expected.size(); ++j)
        EXPECT_NEAR(shap->values[row * expected.size() + j], expected[j], 1e-12) << seed << ' ' << row << ' ' << j;
    }
  }
}

TEST(ForestShap, GivesTheSameBitsForOneRowAndWithoutKeptTrees) {
  Random random(5);
  const LightGbmModel made = RandomModel(random, 6, 60, 3);
  const model::Matrix x = RandomRows(random, 1050);
  const auto model = MakeForestModel(made.forest);
  const auto all = model->Contribute(x, model::AllRows(x.rows()));
  for (const std::size_t row : {0, 7, 1049}) {
    const auto at = static_cast<model::RowIndex>(row);
    const auto one = model->Contribute(x, {&at, 1});
    const auto* from = all->values.data() + row * 3 * kColumns;
    EXPECT_EQ(one->values, std::vector<double>(from, from + 3 * kColumns));
  }
  std::vector<std::uint8_t> codes(made.forest.columns.size() * 100);
  for (auto& code : codes) code = std::uint8_t(random.Below(4));
  const auto kept = ForestShap::Make(made.forest), rebuilt = ForestShap::Make(made.forest, 0);
  const std::size_t cells = 100 * 3 * (*kept)->players().size();
  std::vector<double> a(cells), b(cells);
  (*kept)->AddTo(codes.data(), 100, a.data());
  (*rebuilt)->AddTo(codes.data(), 100, b.data());
  EXPECT_EQ(a, b);
}

/// Base and contributions give the score of every row.
void ExpectSums(const model::Model& model, const model::Matrix& x, double (*score)(const double* outputs)) {
  const auto shap = model.Contribute(x, model::AllRows(x.rows()));
  ASSERT_TRUE(shap.has_value());
  const std::vector<double> outputs = PredictAll(model, x);
  const auto width = std::size_t(model.num_outputs());
  for (std::size_t row = 0; row < x.rows(); ++row) {
    double sum = shap->base[0];
    for (std::size_t j = 0; j < shap->columns; ++j) sum += shap->values[row * shap->scores * shap->columns + j];
    EXPECT_NEAR(sum, score(outputs.data() + row * width), 1e-9) << row;
  }
}

TEST(ForestShap, AddsUpToTheScoreOfOwnForests) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  Sample numbers = MakeSample(3000, Task::kRegression, 0, 1, 30), two = MakeSample(3000, Task::kBinary, 2, 2);
  Sample many = MakeSample(2000, Task::kMulticlass, 4, 3);
  ForestSettings deep;
  deep.n_estimators = 4;
  const auto first = [](const double* outputs) { return outputs[0]; };
  const auto forest = FitForest(context, numbers.Data(), deep);
  ExpectSums(*forest->model, numbers.x, first);
  const auto shares = FitForest(context, many.Data(), deep);
  ExpectSums(*shares->model, many.x, first);
  const auto binary = FitForest(context, two.Data(), deep);
  ExpectSums(*binary->model, two.x, [](const double* outputs) { return outputs[1]; });
  for (const Growth growth : {Growth::kLeafWise, Growth::kOblivious}) {
    BoostingSettings settings;
    settings.grow.growth = growth;
    const auto boosted = FitBoosting(context, two.Data(), settings);
    ExpectSums(*boosted->model, two.x, [](const double* outputs) { return std::log(outputs[1] / outputs[0]); });
  }
}

TEST(ForestShap, CountsRowsByWeight) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  Sample weighted = MakeSample(400, Task::kRegression, 0, 7), repeated = weighted;
  weighted.weight.assign(400, 1.0);
  model::TrainingData data = weighted.Data(), twice = repeated.Data();
  model::Rows rows = repeated.rows;
  for (std::size_t i = 0; i < 100; ++i) {
    weighted.weight[i] = 2;
    rows.push_back(model::RowIndex(i));
  }
  data.weight = weighted.weight;
  twice.train_rows = rows;
  BoostingSettings settings;
  settings.n_estimators = 10;
  settings.grow.split.category_l2 = 0;  // beside it 400 rows of more weight are not 500 rows
  const auto a = FitBoosting(context, data, settings), b = FitBoosting(context, twice, settings);
  const auto of_weighted = a->model->Contribute(weighted.x, weighted.rows);
  const auto of_repeated = b->model->Contribute(repeated.x, repeated.rows);
  ASSERT_TRUE(of_weighted && of_repeated);
  for (std::size_t i = 0; i < of_weighted->values.size(); ++i)
    ASSERT_NEAR(of_weighted->values[i], of_repeated->values[i], 1e-6);
}

TEST(ForestShap, SaysWhatIsMissing) {
  Random random(1);
  LightGbmModel made = RandomModel(random, 2, 10, 1);
  made.forest.leaf_cover.clear();
  const model::Matrix x = RandomRows(random, 3);
  const auto shap = MakeForestModel(made.forest)->Contribute(x, model::AllRows(3));
  ASSERT_FALSE(shap.has_value());
  EXPECT_EQ(shap.error().id(), "shap-no-covers");
}

TEST(GaussLegendre, IntegratesPolynomialsExactly) {
  for (std::size_t n = 1; n <= 64; ++n) {
    const Quadrature points = GaussLegendre(n);
    for (std::size_t power : {std::size_t(0), n, 2 * n - 1}) {
      double sum = 0;
      for (std::size_t q = 0; q < n; ++q) sum += points.weight[q] * std::pow(points.at[q], double(power));
      EXPECT_NEAR(sum * (double(power) + 1), 1, 1e-13) << n << ' ' << power;
    }
  }
}

}  // namespace
}  // namespace tagwerk::learners::trees
