#include "stats/isolation_forest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace tagwerk::stats {
namespace {

using Columns = std::vector<std::vector<double>>;

/// Normal rows; the first ten lie far out.
Columns Made(std::size_t rows, std::uint64_t seed) {
  Random random(seed);
  Columns columns(4, std::vector<double>(rows));
  for (auto& column : columns)
    for (std::size_t i = 0; i < rows; ++i) column[i] = random.Normal() + (i < 10 ? 7 : 0);
  return columns;
}

double Mean(const std::vector<double>& v, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += v[i];
  return sum / double(end - begin);
}

TEST(IsolationForest, MissingValuesHideNoOutliersAndAreNoneThemselves) {
  Pool pool(2);
  Context context;
  context.pool = &pool;
  Columns columns = Made(800, 3);
  for (std::size_t i = 0; i < 800; i += 5) columns[i % 4][i] = std::numeric_limits<double>::quiet_NaN();
  const auto forest = IsolationForest::Fit(context, columns);
  const std::vector<double> scores = forest.Score(context, columns);
  EXPECT_GT(Mean(scores, 0, 10), Mean(scores, 10, 800) + 0.1);
  Columns all_missing(4, std::vector<double>(20, std::numeric_limits<double>::quiet_NaN()));
  for (const double s : forest.Score(context, all_missing)) EXPECT_TRUE(s > 0 && s < 1);
}

TEST(IsolationForest, IsTheSameFromItsParts) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const Columns columns = Made(500, 5);
  const auto forest = IsolationForest::Fit(context, columns);
  const auto again = IsolationForest::FromTrees(forest.trees(), forest.expected(), 4);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->Score(context, columns), forest.Score(context, columns));
}

/// Sparse rows with missing values and zeros that are said, and the same by column.
struct Rare {
  std::vector<double> values;
  std::vector<std::int32_t> places;
  std::vector<std::int64_t> start{0};
  Columns columns;

  Rare(std::size_t rows, std::size_t width, double share) : columns(width, std::vector<double>(rows)) {
    Random random(9);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t f = 0; f < width; ++f) {
        if (random.Uniform() > share) continue;
        const std::uint64_t kind = random.Below(20);
        const double value = kind == 0   ? std::numeric_limits<double>::quiet_NaN()
                             : kind == 1 ? 0
                                         : random.Normal() + (i < 10 ? 7 : 0);
        values.push_back(value);
        places.push_back(std::int32_t(f));
        columns[f][i] = value;
      }
      start.push_back(std::int64_t(values.size()));
    }
  }
  SparseRows rows() const { return {values, places, start, columns.size()}; }
};

TEST(IsolationForest, SparseRowsGiveTheForestOfTheirColumns) {
  for (const double share : {0.0, 0.01, 0.2, 1.0}) {
    const Rare rare(700, 60, share);
    Pool pool(2);
    Context context;
    context.pool = &pool;
    const auto dense = IsolationForest::Fit(context, rare.columns);
    const auto sparse = IsolationForest::Fit(context, rare.rows());
    ASSERT_EQ(sparse.trees().size(), dense.trees().size());
    for (std::size_t t = 0; t < dense.trees().size(); ++t) {
      ASSERT_EQ(sparse.trees()[t].size(), dense.trees()[t].size()) << share;
      for (std::size_t i = 0; i < dense.trees()[t].size(); ++i) {
        ASSERT_EQ(sparse.trees()[t][i].feature, dense.trees()[t][i].feature);
        ASSERT_EQ(sparse.trees()[t][i].cut, dense.trees()[t][i].cut);
      }
    }
    EXPECT_EQ(dense.Score(context, rare.rows()), dense.Score(context, rare.columns)) << share;
  }
}

TEST(IsolationForest, DamagedPartsAreRefused) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const auto forest = IsolationForest::Fit(context, Made(500, 5));
  const auto refused = [&](auto spoil) {
    auto trees = forest.trees();
    double expected = forest.expected();
    spoil(trees, expected);
    const auto made = IsolationForest::FromTrees(std::move(trees), expected, 4);
    return !made.has_value() && made.error().id() == "model-damaged";
  };
  EXPECT_TRUE(refused([](auto& trees, double&) { trees[0][0].feature = 4; }));
  EXPECT_TRUE(refused([](auto& trees, double&) { trees[0][0].left = 0; }));  // a walk without an end
  EXPECT_TRUE(refused([](auto& trees, double&) { trees[0][0].left = std::uint32_t(trees[0].size()) - 1; }));
  EXPECT_TRUE(refused([](auto& trees, double&) { trees[1].clear(); }));
  EXPECT_TRUE(refused([](auto& trees, double&) { trees[1].back().cut = std::nan(""); }));
  EXPECT_TRUE(refused([](auto&, double& expected) { expected = 0; }));
}

}  // namespace
}  // namespace tagwerk::stats
