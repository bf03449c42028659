// Parity with scipy 1.x (anderson, kstest, chisquare, log-likelihoods), and level and power of the tests.
#include "stats/fits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/threads.h"
#include "stats/isolation_forest.h"
#include "base/sort.h"
#include "stats/tests.h"

namespace tagwerk::stats {
namespace {

std::vector<double> Sample() {
  std::vector<double> x;
  for (int i = 0; i < 60; ++i) x.push_back(double((i * i * 37 + i * 11) % 101) / 10 + 0.05 * i + 0.3);
  std::sort(x.begin(), x.end());
  return x;
}

const LawFit& FitOf(const std::vector<LawFit>& fits, Law law) {
  const auto at = std::find_if(fits.begin(), fits.end(), [&](const LawFit& fit) { return fit.law == law; });
  EXPECT_NE(at, fits.end());
  return *at;
}

TEST(Fits, MeasuresAgreeWithReference) {
  const auto fits = FitMeasures(Sample());
  const LawFit& normal = FitOf(fits, Law::kNormal);
  EXPECT_NEAR(normal.statistic, 0.26368270960341533, 1e-10);
  EXPECT_NEAR(normal.distance, 0.07711834858442168, 1e-10);
  EXPECT_NEAR(normal.p_value, 0.6873, 2e-4);
  EXPECT_NEAR(normal.aic, 293.92311522189635, 1e-8);
  const LawFit& exponential = FitOf(fits, Law::kExponential);
  EXPECT_NEAR(exponential.distance, 0.31617242084287966, 1e-10);
  EXPECT_NEAR(exponential.statistic, 8.905448434049106, 1e-9);
  EXPECT_LT(exponential.p_value, 1e-6);
  EXPECT_NEAR(exponential.aic, 347.2300733082034, 1e-8);
  const LawFit& log_normal = FitOf(fits, Law::kLogNormal);
  EXPECT_NEAR(log_normal.distance, 0.14515654162400882, 1e-10);
  EXPECT_NEAR(log_normal.statistic, 2.390124739610208, 1e-9);
  EXPECT_NEAR(log_normal.aic, 323.8942363653082, 1e-8);
  const LawFit& uniform = FitOf(fits, Law::kUniform);
  EXPECT_NEAR(uniform.statistic, 0.17608818541548898, 1e-10);
  EXPECT_NEAR(uniform.p_value, 0.0482, 0.003);
}

TEST(Fits, CountsAgreeWithReference) {
  std::vector<double> x;
  const int counts[] = {30, 62, 70, 52, 25, 12, 4, 2};
  for (int v = 0; v < 8; ++v) x.insert(x.end(), std::size_t(counts[v]), v);
  const auto fits = FitCounts(x);
  const LawFit& poisson = FitOf(fits, Law::kPoisson);
  EXPECT_NEAR(poisson.a, 2.1634241245136185, 1e-12);
  EXPECT_NEAR(poisson.statistic, 0.32025569118024977, 1e-8);
  EXPECT_NEAR(poisson.p_value, 0.9972446788020276, 1e-8);
  EXPECT_NEAR(FitOf(fits, Law::kGeometric).a, 0.3161131611316113, 1e-12);
  EXPECT_LT(FitOf(fits, Law::kGeometric).p_value, 1e-6);
}

TEST(Fits, UnfitInputHasNoFits) {
  EXPECT_TRUE(FitMeasures(std::vector<double>(20, 3.0)).empty());
  EXPECT_TRUE(FitMeasures(std::vector<double>{1, 2, 3}).empty());
  EXPECT_TRUE(FitMeasures(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, INFINITY}).empty());
  EXPECT_TRUE(FitCounts(std::vector<double>{0, 0.5, 1, 1, 1, 2, 2, 3, 3}).empty());
  EXPECT_TRUE(FitCounts(std::vector<double>{-1, 0, 1, 1, 1, 2, 2, 3, 3}).empty());
}

// 400 samples of each law: its own test rejects at 5 % about 5 % of them, and other laws nearly always.
TEST(Fits, LevelAndPower) {
  const int repeats = 400, n = 300;
  const auto rejected = [&](Law law, auto&& draw, bool counts) {
    int rejections = 0;
    for (int r = 0; r < repeats; ++r) {
      Random random(std::uint64_t(r) * 977 + std::uint64_t(law));
      std::vector<double> x(n);
      for (double& v : x) v = draw(random);
      std::sort(x.begin(), x.end());
      rejections += FitOf(counts ? FitCounts(x) : FitMeasures(x), law).p_value < 0.05;
    }
    return double(rejections) / repeats;
  };
  const auto normal = [](Random& random) { return 5 + 2 * random.Normal(); };
  const auto exponential = [](Random& random) { return -std::log(1 - random.Uniform()); };
  const auto log_normal = [](Random& random) { return std::exp(0.6 * random.Normal()); };
  const auto uniform = [](Random& random) { return random.Uniform(); };
  const auto binomial = [](Random& random) {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += random.Uniform() < 0.3;
    return sum;
  };
  const auto poisson = [](Random& random) {
    double left = std::exp(-2.5), k = 0;
    for (double p = random.Uniform(); p > left; ++k) p *= random.Uniform();
    return k;
  };
  const auto geometric = [](Random& random) { return std::floor(std::log(1 - random.Uniform()) / std::log(0.7)); };
  EXPECT_NEAR(rejected(Law::kNormal, normal, false), 0.05, 0.03);
  EXPECT_NEAR(rejected(Law::kLogNormal, log_normal, false), 0.05, 0.03);
  EXPECT_NEAR(rejected(Law::kExponential, exponential, false), 0.05, 0.03);
  EXPECT_NEAR(rejected(Law::kUniform, uniform, false), 0.05, 0.03);
  EXPECT_NEAR(rejected(Law::kPoisson, poisson, true), 0.05, 0.03);
  EXPECT_NEAR(rejected(Law::kGeometric, geometric, true), 0.05, 0.03);
  EXPECT_LT(rejected(Law::kBinomial, binomial, true), 0.1);  // the number of trials is estimated too
  EXPECT_GT(rejected(Law::kNormal, log_normal, false), 0.95);
  EXPECT_GT(rejected(Law::kExponential, log_normal, false), 0.95);
  EXPECT_GT(rejected(Law::kUniform, normal, false), 0.95);
  EXPECT_GT(rejected(Law::kPoisson, geometric, true), 0.95);
}

TEST(IsolationForest, FarRowsScoreHighestAtAnyNumberOfThreads) {
  Random random(4);
  std::vector<std::vector<double>> columns(5, std::vector<double>(2000));
  for (auto& column : columns)
    for (double& v : column) v = random.Normal();
  for (auto& column : columns) column[777] = 9;
  std::vector<double> scores[2];
  for (const int threads : {1, 3}) {
    Pool pool(threads);
    Context context;
    context.pool = &pool;
    context.seed = 11;
    const auto forest = IsolationForest::Fit(context, columns);
    scores[threads == 1 ? 0 : 1] = forest.Score(context, columns);
  }
  EXPECT_EQ(scores[0], scores[1]);
  EXPECT_EQ(std::max_element(scores[0].begin(), scores[0].end()) - scores[0].begin(), 777);
  EXPECT_GT(scores[0][777], 0.75);
  double mean = 0;
  for (const double s : scores[0]) mean += s / 2000;
  EXPECT_NEAR(mean, 0.45, 0.06);
  // Hand calculation for 256 rows: 2 (ln 255 + gamma) - 2 * 255 / 256.
  EXPECT_NEAR(ExpectedDepth(256), 10.2448, 1e-3);
}

TEST(SortNumbers, SameAsComparing) {
  Random random(5);
  for (const std::size_t n : {0, 1, 100, 5000, 20000}) {
    std::vector<double> values(n);
    for (double& v : values) v = std::ldexp(random.Normal(), int(random.Below(40)) - 20);
    for (std::size_t i = 0; i + 4 < n; i += 97) values[i] = 0, values[i + 1] = INFINITY, values[i + 2] = -INFINITY;
    auto expected = values;
    std::sort(expected.begin(), expected.end());
    SortNumbers(values);
    EXPECT_EQ(values, expected) << n;
  }
}

}  // namespace
}  // namespace tagwerk::stats
