// Distances of two samples against SciPy (tests/golden/make_two_sample.py) and against their definitions.
#include "stats/two_sample.h"

#include "base/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "stats/tests.h"

namespace tagwerk::stats {
namespace {

Json Fixture() {
  const auto bytes = ReadFile(TAGWERK_SOURCE_DIR "/src/stats/testdata/two_sample.json");
  return *ParseJson(*bytes, "two_sample.json");
}

TEST(TwoSample, DistancesAgreeWithSciPy) {
  const Json fixture = Fixture();
  for (const Json& c : fixture["numbers"]) {
    const auto a = c["a"].get<std::vector<double>>(), b = c["b"].get<std::vector<double>>();
    const SampleDistance d = Distance(MakeSorted(a), MakeSorted(b));
    EXPECT_NEAR(d.kolmogorov_smirnov, c["ks"].get<double>(), 1e-12) << c["name"];
    EXPECT_NEAR(d.wasserstein, c["wasserstein"].get<double>(), 1e-9) << c["name"];
    const SampleDistance weighted = Distance(MakeSorted(a, c["weights_a"].get<std::vector<double>>()),
                                             MakeSorted(b, c["weights_b"].get<std::vector<double>>()));
    EXPECT_NEAR(weighted.wasserstein, c["wasserstein_weighted"].get<double>(), 1e-9) << c["name"];
    // SciPy's asymptotic law is that of one sample of n m / (n + m) values; Stephens' correction stays close.
    const double p = KolmogorovSmirnovP(d.kolmogorov_smirnov, double(a.size()), double(b.size()));
    EXPECT_NEAR(p, c["ks_p"].get<double>(), 0.1 * c["ks_p"].get<double>() + 0.02) << c["name"];
  }
}

TEST(TwoSample, CountsAgreeWithSciPy) {
  const Json fixture = Fixture();
  for (const Json& c : fixture["counts"]) {
    const auto p = c["p"].get<std::vector<double>>(), q = c["q"].get<std::vector<double>>();
    EXPECT_NEAR(JensenShannonDistance(p, q), c["jensen_shannon"].get<double>(), 1e-9);
    EXPECT_NEAR(PopulationStability(p, q), c["psi"].get<double>(), 1e-12);
    std::vector<double> table = p;
    table.insert(table.end(), q.begin(), q.end());
    const TestResult chi = ChiSquareTest(table, 2, p.size());
    EXPECT_NEAR(chi.statistic, c["chi_square"].get<double>(), 1e-9);
    EXPECT_NEAR(chi.p_value, c["chi_square_p"].get<double>(), 1e-9);
  }
}

TEST(TwoSample, RadixSortOrdersEveryKindOfNumber) {
  Random random(3);
  for (const std::size_t n : {0u, 1u, 511u, 512u, 5000u}) {
    std::vector<double> values(n);
    for (double& v : values) v = random.Normal() * std::pow(10.0, double(random.Below(40)) - 20);
    if (n > 600) {
      values[3] = std::numeric_limits<double>::max();
      values[4] = std::numeric_limits<double>::lowest();
      values[5] = std::numeric_limits<double>::denorm_min();
      values[6] = values[7] = 0;
    }
    std::vector<double> expected = values;
    std::sort(expected.begin(), expected.end());
    SortNumbers(values);
    EXPECT_EQ(values, expected) << n;
  }
}

TEST(TwoSample, EqualWeightsChangeNothing) {
  Random random(5);
  std::vector<double> a(700), b(900);
  for (double& v : a) v = random.Normal();
  for (double& v : b) v = random.Normal() + 0.2;
  const std::vector<double> wa(a.size(), 2.5), wb(b.size(), 0.1);
  const SampleDistance plain = Distance(MakeSorted(a), MakeSorted(b));
  const SampleDistance weighted = Distance(MakeSorted(a, wa), MakeSorted(b, wb));
  EXPECT_NEAR(plain.kolmogorov_smirnov, weighted.kolmogorov_smirnov, 1e-12);
  EXPECT_NEAR(plain.wasserstein, weighted.wasserstein, 1e-12);
  EXPECT_NEAR(MakeSorted(a, wa).effective, double(a.size()), 1e-6);
}

TEST(TwoSample, NotFiniteValuesAreLeftOut) {
  const double inf = std::numeric_limits<double>::infinity();
  const SortedSample sample = MakeSorted(std::vector<double>{3, std::nan(""), -inf, 1, inf, -0.0});
  EXPECT_EQ(sample.values, (std::vector<double>{0, 1, 3}));
  EXPECT_EQ(sample.total, 3);
}

TEST(TwoSample, CellsHoldEverything) {
  Random random(7);
  std::vector<double> values(5000);
  for (double& v : values) v = std::floor(random.Uniform() * 1000);
  const SortedSample sample = MakeSorted(values);
  const auto edges = QuantileEdges(sample, 20);
  ASSERT_EQ(edges.size(), 19u);
  const auto mass = CellMass(sample, edges);
  double sum = 0;
  for (const double m : mass) {
    EXPECT_NEAR(m, 250, 15);
    sum += m;
  }
  EXPECT_EQ(sum, 5000);
  const SortedSample few = MakeSorted(std::vector<double>{2, 1, 2, 2});
  EXPECT_EQ(QuantileEdges(few, 20), (std::vector<double>{1, 2}));
  EXPECT_EQ(CellMass(few, std::vector<double>{1, 2}), (std::vector<double>{1, 3, 0}));
}

}  // namespace
}  // namespace tagwerk::stats
