// Parity with scipy 1.x (kruskal, f, chi2_contingency) and the formulas of Bergsma and Theil in numpy.
#include "stats/association.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/constants.h"
#include "base/random.h"

namespace tagwerk::stats {
namespace {

const std::vector<double> kValues = {2.1, 3.4, 1.9, 5.5, 4.8, 6.1, 7.7, 2.2, 3.3, 5.0, 6.6, 8.1};
const std::vector<std::int32_t> kGroup = {0, 0, 0, 1, 1, 1, 2, 0, 1, 1, 2, 2};

TEST(Association, CorrelationRatioAgreesWithReference) {
  const GroupRelation relation = CorrelationRatio(kValues, kGroup, 3);
  EXPECT_NEAR(relation.eta, 0.9297948895029449, 1e-12);
  EXPECT_NEAR(relation.eta_adjusted, 0.9134612989432452, 1e-12);
  EXPECT_EQ(relation.groups, 3);
}

TEST(Association, KruskalWallisAgreesWithReference) {
  const auto test = KruskalWallis(CorrelationRatio(AverageRanks(kValues), kGroup, 3));
  EXPECT_NEAR(test.statistic, 9.034615384615392, 1e-10);
  EXPECT_NEAR(test.p_value, 0.01091837977083661, 1e-12);
  const std::vector<double> ties = {1, 2, 2, 3, 3, 3, 4, 1, 2, 2, 4, 4};
  const auto tied = KruskalWallis(CorrelationRatio(AverageRanks(ties), kGroup, 3));
  EXPECT_NEAR(tied.statistic, 9.047191011235958, 1e-10);
  EXPECT_NEAR(tied.p_value, 0.010849942423300705, 1e-12);
}

TEST(Association, FLawAgreesWithReference) {
  EXPECT_NEAR(FSurvival(3.7, 4, 17), 0.02417210126678058, 1e-12);
  EXPECT_NEAR(FSurvival(0.2, 3, 50), 0.8958970039998815, 1e-12);
  EXPECT_EQ(FSurvival(-1, 3, 50), 1);
  EXPECT_TRUE(std::isnan(FSurvival(1, 0, 50)));
}

TEST(Association, TablesAgreeWithReference) {
  const std::vector<double> counts = {10, 20, 30, 6, 9, 17, 25, 3, 2};
  const TableRelation relation = TableAssociation(counts, 3, 3);
  EXPECT_NEAR(relation.chi_square.statistic, 44.67446873185249, 1e-10);
  EXPECT_NEAR(relation.cramers_v, 0.4115368029424968, 1e-12);
  EXPECT_NEAR(relation.w, 0.5771709614087907, 1e-12);
  EXPECT_NEAR(relation.u_rows, 0.1761063624763967, 1e-12);
  EXPECT_NEAR(relation.u_columns, 0.16979234839919924, 1e-12);
}

TEST(Association, MissingValuesAndEmptyGroupsDoNotCount) {
  std::vector<double> values = kValues;
  std::vector<std::int32_t> group = kGroup;
  values.push_back(kNaN), group.push_back(1);
  values.push_back(1000), group.push_back(-1);
  EXPECT_NEAR(CorrelationRatio(values, group, 7).eta, CorrelationRatio(kValues, kGroup, 3).eta, 1e-12);
  EXPECT_EQ(CorrelationRatio({}, {}, 0).eta, 0);
  const std::vector<double> one_row = {5, 6, 0, 0};
  EXPECT_EQ(TableAssociation(one_row, 2, 2).cramers_v, 0);
}

// Without the correction, 40 x 40 levels on 2,000 independent rows show V of about 0.15.
TEST(Association, IndependentLevelsShowNothing) {
  double worst = 0, eta = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    std::vector<double> counts(1600), values;
    std::vector<std::int32_t> group;
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t g = random.Below(40);
      counts[g * 40 + random.Below(40)] += 1;
      group.push_back(std::int32_t(g));
      values.push_back(random.Normal());
    }
    worst = std::max(worst, TableAssociation(counts, 40, 40).cramers_v);
    eta = std::max(eta, CorrelationRatio(values, group, 40).eta_adjusted);
  }
  EXPECT_LT(worst, 0.05);
  EXPECT_LT(eta, 0.15);
}

TEST(Association, OneSideKnowsTheOtherByTheilsU) {
  // Rows: town; columns: country. Town tells country, country does not tell town.
  const std::vector<double> counts = {50, 0, 50, 0, 0, 50, 0, 50};
  const TableRelation relation = TableAssociation(counts, 4, 2);
  EXPECT_NEAR(relation.u_columns, 1, 1e-12);
  EXPECT_NEAR(relation.u_rows, 0.5, 1e-12);
}

}  // namespace
}  // namespace tagwerk::stats
