// Levels from held-out rows: they undo a known shift, stay where the rows say nothing, and hold what they promise.
#include "evaluate/level_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace tagwerk::evaluate {
namespace {

std::vector<double> Sizes(std::size_t n, double scale, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(scale * std::abs(random.Normal()));
  std::sort(out.begin(), out.end());
  return out;
}

LevelMap MapOf(const std::vector<double>& sorted, const std::vector<double>& held) {
  std::vector<double> entered;
  for (const double value : held) entered.push_back(EntersAt(sorted, value));
  return {entered, {}};
}

double ShareWithin(const std::vector<double>& sorted, const std::vector<double>& fresh, double level) {
  const double bar = sorted[std::size_t(std::ceil(double(sorted.size() + 1) * level - 1e-9)) - 1];
  return double(std::count_if(fresh.begin(), fresh.end(), [&](double v) { return v <= bar; })) / double(fresh.size());
}

TEST(LevelMap, EntersJustAboveTheShareThatLiesBelow) {
  const std::vector<double> sorted = {1, 2, 3, 4};
  EXPECT_EQ(EntersAt(sorted, 0.5), 0);
  EXPECT_EQ(EntersAt(sorted, 2), 0.2);
  EXPECT_EQ(EntersAt(sorted, 9), 0.8);
  const std::vector<double> sides = {-3, -1, 1, 3};
  EXPECT_EQ(EntersAtTails(sides, 0), 0);
  EXPECT_NEAR(EntersAtTails(sides, 3), 0.2, 1e-12);
  EXPECT_NEAR(EntersAtTails(sides, -4), 0.6, 1e-12);
}

TEST(LevelMap, SmallerErrorsOfTheFinalModelNarrowWhatIsPromised) {
  const std::vector<double> folds = Sizes(4000, 1.3, 1), fresh = Sizes(100000, 1, 3);
  const LevelMap map = MapOf(folds, Sizes(8000, 1, 2));
  EXPECT_GT(map.Observed(0.9), 0.95);
  EXPECT_LT(map.At(0.9), 0.86);
  const std::vector<double> moved = AtLevels(folds, map);
  for (const double level : {0.5, 0.8, 0.9, 0.95}) {
    EXPECT_GT(ShareWithin(folds, fresh, level), level + 0.015);
    EXPECT_NEAR(ShareWithin(moved, fresh, level), level, 0.015) << level;
  }
  EXPECT_TRUE(std::is_sorted(moved.begin(), moved.end()));
}

TEST(LevelMap, MoreRowsGoOnByTheSameStep) {
  const std::vector<double> folds = Sizes(4000, 1.2, 1), fresh = Sizes(100000, 1.0 / 1.1, 3);
  const LevelMap map = MapOf(folds, Sizes(8000, 1, 2)), further = map.Further(0.5);
  EXPECT_NEAR(further.At(0.9) - 0.9, 1.5 * (map.At(0.9) - 0.9), 1e-12);
  const double judged = ShareWithin(AtLevels(folds, map), fresh, 0.9);
  const double gone_on = ShareWithin(AtLevels(folds, further), fresh, 0.9);
  EXPECT_GT(judged, 0.92);
  EXPECT_NEAR(gone_on, 0.9, 0.015);
  EXPECT_EQ(LevelMap().Further(0.5).At(0.9), 0.9);
}

TEST(LevelMap, TailsMoveTogether) {
  Random random(4);
  std::vector<double> folds, entered, fresh;
  for (int i = 0; i < 4000; ++i) folds.push_back(1.3 * (std::exp(random.Normal()) - 1));
  std::sort(folds.begin(), folds.end());
  for (int i = 0; i < 2000; ++i) entered.push_back(EntersAtTails(folds, std::exp(random.Normal()) - 1));
  const std::vector<double> moved = TailsAtLevels(folds, LevelMap(entered, {}));
  EXPECT_TRUE(std::is_sorted(moved.begin(), moved.end()));
  double inside = 0;
  const std::size_t reach = std::size_t(std::ceil(4001 * 0.95));
  for (int i = 0; i < 100000; ++i) {
    const double error = std::exp(random.Normal()) - 1;
    inside += error <= moved[reach - 1] && error >= moved[4000 - reach];
  }
  EXPECT_NEAR(inside / 100000, 0.9, 0.015);
}

TEST(LevelMap, NothingMovesWithoutClearRows) {
  const std::vector<double> folds = Sizes(1000, 1, 1);
  EXPECT_TRUE(MapOf(folds, Sizes(99, 0.5, 2)).empty());
  EXPECT_EQ(AtLevels(folds, LevelMap()), folds);
  // Rows like those of the folds: the level moves by less than its own noise.
  double moved = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    moved += std::abs(MapOf(folds, Sizes(400, 1, 10 + seed)).At(0.9) - 0.9);
  EXPECT_LT(moved / 40, 0.012);
  // Days whose rows are alike say less than as many rows that have nothing to do with each other.
  std::vector<double> entered;
  std::vector<std::uint64_t> days;
  for (std::size_t i = 0; i < 400; ++i) {
    days.push_back(i / 40);
    entered.push_back(days.back() == 3 || days.back() == 7 ? 0.99 : 0.5);
  }
  EXPECT_LT(LevelMap(entered, {}).At(0.9), 1.0);
  EXPECT_GT(LevelMap(entered, {}).At(0.9), 0.95);
  EXPECT_LT(LevelMap(entered, days).At(0.9), 0.92);
}

TEST(OrderStatisticsOfFolds, LeavesOfSmallTreesTakeTheHighestBar) {
  FoldedScores leaves, smooth;
  Random random(9);
  for (std::int32_t fold = 0; fold < 4; ++fold) {
    for (int i = 0; i < 100; ++i) {
      // Three leaves a fold; 10 % of the rows in the last.
      leaves.scores.push_back((i < 60 ? 0.1 : i < 90 ? 0.4 : 0.8) + 0.01 * fold);
      smooth.scores.push_back(random.Uniform());
      leaves.folds.push_back(fold);
      smooth.folds.push_back(fold);
    }
  }
  EXPECT_TRUE(TiesByFold(leaves));
  EXPECT_FALSE(TiesByFold(smooth));
  const std::vector<double> bars = OrderStatistics(leaves, 1000);
  EXPECT_NEAR(bars[359], 0.43, 1e-12);  // of 90 %: whole leaves of every fold
  EXPECT_TRUE(std::is_sorted(bars.begin(), bars.end()));
  std::vector<double> sorted = smooth.scores;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(OrderStatistics(smooth, 1000), sorted);
  EXPECT_EQ(OrderStatistics(smooth, 99).size(), 99u);
  // Steps of a calibration are the same in every fold and in the model that is delivered.
  for (double& score : leaves.scores) score = std::floor(score * 10) / 10;
  EXPECT_FALSE(TiesByFold(leaves));
}

}  // namespace
}  // namespace tagwerk::evaluate
