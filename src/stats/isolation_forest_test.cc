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
