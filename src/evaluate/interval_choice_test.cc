// The form of the interval follows the errors.
#include "evaluate/interval_choice.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::evaluate {
namespace {

TEST(ChooseInterval, KeepsOneWidthForEvenErrors) {
  Random random(1);
  std::vector<double> errors, spread;
  for (int i = 0; i < 3000; ++i) {
    errors.push_back(random.Normal());
    spread.push_back(0.8 * std::exp(0.1 * random.Normal()));  // says something, but nothing true
  }
  EXPECT_EQ(ChooseInterval(errors, {.spread = spread, .spread_floor = 0.1}, 0.9).kind, "constant");
  EXPECT_EQ(ChooseInterval(errors, {}, 0.9).kind, "constant");
}

TEST(ChooseInterval, TakesTheSpreadWhereErrorsDifferInSize) {
  Random random(2);
  std::vector<double> errors, spread;
  for (int i = 0; i < 3000; ++i) {
    spread.push_back(0.2 + 2 * random.Uniform());
    errors.push_back(spread.back() * random.Normal());
  }
  const IntervalChoice choice = ChooseInterval(errors, {.spread = spread, .spread_floor = 0.1}, 0.9);
  EXPECT_EQ(choice.kind, "spread");
  for (std::size_t i = 0; i < errors.size(); ++i) EXPECT_NEAR(choice.scaled[i], errors[i] / spread[i], 1e-12);
}

TEST(ChooseInterval, LetsTailsDifferWhereErrorsAreSkewed) {
  Random random(3);
  std::vector<double> errors;
  for (int i = 0; i < 3000; ++i) errors.push_back(std::exp(random.Normal()) - 1);
  EXPECT_EQ(ChooseInterval(errors, {}, 0.9).kind, "constant_skewed");
}

TEST(ChooseInterval, TakesTheQuantilesWhereTheTailsMoveApart) {
  // Left of 0.5 the errors reach up, right of it down; their size alone says nothing.
  Random random(4);
  std::vector<double> errors, spread, below, above;
  for (int i = 0; i < 3000; ++i) {
    const double x = random.Uniform(), size = std::abs(random.Normal());
    const bool up = random.Uniform() < (x < 0.5 ? 0.95 : 0.05);
    errors.push_back(up == (x < 0.5) ? (up ? 1 : -1) * size : (up ? 0.1 : -0.1) * size);
    spread.push_back(1);
    above.push_back(x < 0.5 ? 1.9 : 0.1);
    below.push_back(x < 0.5 ? 0.1 : 1.9);
  }
  const IntervalWidths widths{
      .spread = spread, .below = below, .above = above, .spread_floor = 0.1, .quantile_floor = 0.05};
  const IntervalChoice choice = ChooseInterval(errors, widths, 0.9);
  EXPECT_EQ(choice.kind, "quantiles");
  EXPECT_TRUE(choice.by_quantiles);
  for (std::size_t i = 0; i < errors.size(); ++i)
    EXPECT_NEAR(choice.scaled[i], errors[i] / (errors[i] > 0 ? above[i] : below[i]), 1e-12);
}

TEST(ChooseInterval, OfFewErrorsIsPlain) {
  EXPECT_EQ(ChooseInterval(std::vector<double>{1, 2, 3}, {}, 0.9).kind, "constant");
  EXPECT_EQ(ThinnedSorted({3, 1, 2}, 10), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(ThinnedSorted(std::vector<double>(1000, 2.0), 10).size(), 10u);
}

}  // namespace
}  // namespace tagwerk::evaluate
