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
  EXPECT_EQ(ChooseInterval(errors, spread, 0.1, 0.9).kind, "constant");
  EXPECT_EQ(ChooseInterval(errors, {}, 0, 0.9).kind, "constant");
}

TEST(ChooseInterval, TakesTheSpreadWhereErrorsDifferInSize) {
  Random random(2);
  std::vector<double> errors, spread;
  for (int i = 0; i < 3000; ++i) {
    spread.push_back(0.2 + 2 * random.Uniform());
    errors.push_back(spread.back() * random.Normal());
  }
  const IntervalChoice choice = ChooseInterval(errors, spread, 0.1, 0.9);
  EXPECT_EQ(choice.kind, "spread");
  for (std::size_t i = 0; i < errors.size(); ++i) EXPECT_NEAR(choice.scaled[i], errors[i] / spread[i], 1e-12);
}

TEST(ChooseInterval, LetsTailsDifferWhereErrorsAreSkewed) {
  Random random(3);
  std::vector<double> errors;
  for (int i = 0; i < 3000; ++i) errors.push_back(std::exp(random.Normal()) - 1);
  EXPECT_EQ(ChooseInterval(errors, {}, 0, 0.9).kind, "constant_skewed");
}

TEST(ChooseInterval, OfFewErrorsIsPlain) {
  EXPECT_EQ(ChooseInterval(std::vector<double>{1, 2, 3}, {}, 0, 0.9).kind, "constant");
  EXPECT_EQ(ThinnedSorted({3, 1, 2}, 10), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(ThinnedSorted(std::vector<double>(1000, 2.0), 10).size(), 10u);
}

}  // namespace
}  // namespace tagwerk::evaluate
