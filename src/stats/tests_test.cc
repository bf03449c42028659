// Parity with scipy 1.x; the numbers were computed there.
#include "base/constants.h"
#include "stats/tests.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tagwerk::stats {
namespace {

TEST(Distributions, NormalQuantilesAgreeWithReference) {
  EXPECT_NEAR(NormalQuantile(1e-12), -7.034483825301131, 1e-10);
  EXPECT_NEAR(NormalQuantile(0.001), -3.090232306167813, 1e-12);
  EXPECT_NEAR(NormalQuantile(0.3), -0.5244005127080409, 1e-13);
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(NormalQuantile(0.5), 0, 1e-15);
  EXPECT_TRUE(std::isinf(NormalQuantile(0)));
  EXPECT_TRUE(std::isnan(NormalQuantile(1.5)));
}

TEST(Distributions, ChiSquareAgreesWithReference) {
  EXPECT_NEAR(ChiSquareSurvival(0.5, 10), 0.999993388289439, 1e-13);
  EXPECT_NEAR(ChiSquareSurvival(3.84, 1), 0.05004352124870519, 1e-13);
  EXPECT_NEAR(ChiSquareSurvival(50, 40), 0.1335748340856504, 1e-12);
  EXPECT_NEAR(ChiSquareSurvival(200, 100) / 1.1784500720979781e-08, 1, 1e-10);
  EXPECT_NEAR(ChiSquareQuantile(0.95, 1), 3.841458820694124, 1e-10);
  EXPECT_NEAR(ChiSquareQuantile(0.05, 7), 2.167349909298057, 1e-10);
  EXPECT_NEAR(ChiSquareQuantile(0.5, 30), 29.336031516661585, 1e-9);
}

TEST(Distributions, StudentAgreesWithReference) {
  EXPECT_NEAR(StudentCdf(1.5, 4), 0.896, 1e-12);
  EXPECT_NEAR(StudentCdf(-2, 10), 0.03669401738537018, 1e-12);
  EXPECT_NEAR(StudentCdf(0.3, 1), 0.5927735790777423, 1e-12);
  EXPECT_NEAR(StudentQuantile(0.975, 4), 2.7764451051977934, 1e-10);
  EXPECT_NEAR(StudentQuantile(0.1, 2), -1.8856180831641267, 1e-10);
  EXPECT_NEAR(RegularizedBeta(2.5, 1.5, 0.3), 0.08894372317066562, 1e-13);
  EXPECT_NEAR(RegularizedGammaQ(2.5, 3.1), 0.28724168342556083, 1e-13);
}

TEST(Tests, ChiSquareOfATableAgreesWithReference) {
  const std::vector<double> counts = {10, 20, 30, 6, 9, 17};
  const TestResult result = ChiSquareTest(counts, 2, 3);
  EXPECT_NEAR(result.statistic, 0.27157465150403504, 1e-12);
  EXPECT_EQ(result.degrees, 2);
  EXPECT_NEAR(result.p_value, 0.873028283380073, 1e-12);
}

TEST(Tests, EmptyRowsOfATableDoNotCount) {
  const std::vector<double> counts = {10, 20, 0, 0, 6, 9};
  EXPECT_EQ(ChiSquareTest(counts, 3, 2).degrees, 1);
  const std::vector<double> one_row = {10, 20, 0, 0};
  EXPECT_EQ(ChiSquareTest(one_row, 2, 2).p_value, 1);
}

TEST(Tests, CramersVIsOneForABijection) {
  const std::vector<double> counts = {10, 0, 0, 30};
  EXPECT_NEAR(CramersV(counts, 2, 2), 1, 1e-12);
}

TEST(Tests, KolmogorovSmirnovAgreesWithReference) {
  std::vector<double> a, b;
  for (int i = 1; i <= 40; ++i) a.push_back(0.1 * i);
  for (int i = 1; i <= 30; ++i) b.push_back(0.1 * i + 0.7 + 0.02 * i);
  const TestResult result = KolmogorovSmirnov(a, b);
  EXPECT_NEAR(result.statistic, 0.2, 1e-12);
  EXPECT_NEAR(result.p_value, 0.447, 0.02);
  EXPECT_NEAR(KolmogorovSmirnov(a, a).p_value, 1, 1e-12);
  b.push_back(kNaN);
  EXPECT_NEAR(KolmogorovSmirnov(a, b).statistic, 0.2, 1e-12);
}

TEST(Tests, WelchAgreesWithReference) {
  const TestResult result = WelchTest(1, 2, 30, 1.8, 1.5, 25);
  EXPECT_NEAR(result.statistic, -1.6928294780606359, 1e-12);
  EXPECT_NEAR(result.p_value, 0.09641782717037098, 1e-10);
}

TEST(Tests, BenjaminiHochbergAgreesWithReference) {
  const auto q = BenjaminiHochberg(std::vector<double>{0.01, 0.04, 0.03, 0.5, kNaN});
  EXPECT_NEAR(q[0], 0.04, 1e-12);
  EXPECT_NEAR(q[1], 0.16 / 3, 1e-12);
  EXPECT_NEAR(q[2], 0.16 / 3, 1e-12);
  EXPECT_NEAR(q[3], 0.5, 1e-12);
  EXPECT_TRUE(std::isnan(q[4]));
}

TEST(Association, CorrelationsAgreeWithReference) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6, 7, 8}, y = {2, 1, 4, 3, 7, 5, 8, 6.5};
  EXPECT_NEAR(Pearson(x, y), 0.8576277603179882, 1e-12);
  EXPECT_NEAR(CorrelationP(Pearson(x, y), 8), 0.006466221888221186, 1e-10);
  EXPECT_NEAR(Spearman(std::vector<double>{1, 2, 2, 3, 5}, std::vector<double>{2, 2, 4, 3, 9}), 0.7631578947368421,
              1e-12);
  EXPECT_TRUE(std::isnan(Pearson(x, std::vector<double>(8, 1.0))));
}

TEST(Association, RanksOfMissingValuesAreMissing) {
  const auto ranks = AverageRanks(std::vector<double>{3, kNaN, 1, 3});
  EXPECT_EQ(ranks[2], 1);
  EXPECT_EQ(ranks[0], 2.5);
  EXPECT_TRUE(std::isnan(ranks[1]));
}

TEST(Description, QuantilesAndIntervalsAgreeWithReference) {
  const std::vector<double> sorted = {1, 2, 4, 8};
  EXPECT_NEAR(SortedQuantile(sorted, 0.1), 1.3, 1e-12);
  EXPECT_NEAR(SortedQuantile(sorted, 0.5), 3, 1e-12);
  EXPECT_NEAR(SortedQuantile(sorted, 0.77), 5.24, 1e-12);
  const Range wilson = WilsonInterval(7, 50);
  EXPECT_NEAR(wilson.low, 0.06950833427016292, 1e-12);
  EXPECT_NEAR(wilson.high, 0.26186193710585537, 1e-12);
}

}  // namespace
}  // namespace tagwerk::stats
