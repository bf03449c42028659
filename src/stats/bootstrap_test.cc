#include "stats/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"

namespace tagwerk::stats {
namespace {

TEST(Resampler, DrawsAsManyUnitsAsThereAre) {
  const Resampler rows(101, {}, {}, 1);
  std::vector<std::uint8_t> counts(101);
  double squares = 0;
  for (std::uint64_t b = 0; b < 200; ++b) {
    rows.Draw(b, counts);
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 101);
    for (const std::uint8_t c : counts) squares += (c - 1.0) * (c - 1.0);
  }
  EXPECT_NEAR(squares / 200 / 101, 1 - 1.0 / 101, 0.02);  // variance of a multinomial count
}

TEST(Resampler, GivesTheSameDrawForTheSameNumber) {
  const Resampler a(500, {}, {}, 7), b(500, {}, {}, 7), other(500, {}, {}, 8);
  std::vector<std::uint8_t> x(500), y(500), z(500);
  a.Draw(3, x);
  b.Draw(2, y);
  b.Draw(3, y);
  other.Draw(3, z);
  EXPECT_EQ(x, y);
  EXPECT_NE(x, z);
}

TEST(Resampler, KeepsGroupsWhole) {
  std::vector<std::uint64_t> groups;
  for (std::uint64_t i = 0; i < 90; ++i) groups.push_back(1000 + i % 7);
  const Resampler resampler(90, groups, {}, 1);
  EXPECT_EQ(resampler.units(), 7u);
  std::vector<std::uint8_t> counts(90);
  resampler.Draw(0, counts);
  for (std::size_t i = 7; i < 90; ++i) EXPECT_EQ(counts[i], counts[i - 7]);
  int drawn = 0;
  for (std::size_t g = 0; g < 7; ++g) drawn += counts[g];
  EXPECT_EQ(drawn, 7);
  resampler.LeaveOut(2, counts);
  for (std::size_t i = 0; i < 90; ++i) EXPECT_EQ(counts[i], groups[i] == 1002 ? 0 : 1);
}

TEST(Resampler, StrataKeepTheirRows) {
  std::vector<double> strata;
  for (int i = 0; i < 100; ++i) strata.push_back(i % 10 == 0 ? 2 : 0);
  const Resampler resampler(100, {}, strata, 1);
  std::vector<std::uint8_t> counts(100);
  for (std::uint64_t b = 0; b < 20; ++b) {
    resampler.Draw(b, counts);
    int rare = 0, all = 0;
    for (std::size_t i = 0; i < 100; ++i) {
      all += counts[i];
      rare += i % 10 == 0 ? counts[i] : 0;
    }
    EXPECT_EQ(rare, 10);
    EXPECT_EQ(all, 100);
  }
}

BootstrapSample MeanSample(const std::vector<double>& values, bool jackknife, int resamples, std::uint64_t seed) {
  const std::size_t n = values.size();
  const Resampler resampler(n, {}, {}, seed);
  std::vector<std::uint8_t> counts(n);
  const auto mean = [&] {
    double sum = 0, total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += counts[i] * values[i];
      total += counts[i];
    }
    return sum / total;
  };
  BootstrapSample sample;
  sample.units = n;
  sample.value = std::accumulate(values.begin(), values.end(), 0.0) / double(n);
  for (int b = 0; b < resamples; ++b) {
    resampler.Draw(std::uint64_t(b), counts);
    sample.resampled.push_back(mean());
  }
  for (std::size_t i = 0; i < n && jackknife; ++i) {
    resampler.LeaveOut(i, counts);
    sample.jackknife.push_back(mean());
  }
  return sample;
}

// scipy.stats.bootstrap(law school GPA mean) with 10^6 resamples: BCa [2.9773, 3.2147], percentile
// [2.9767, 3.2133] for the 15 averages of Efron & Tibshirani (1993), table 3.1.
TEST(BootstrapInterval, AgreesWithScipyOnTheLawSchoolData) {
  const std::vector<double> gpa{3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43,
                                3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96};
  const Range bca = BootstrapInterval(MeanSample(gpa, true, 100000, 1));
  EXPECT_NEAR(bca.low, 2.9773, 0.003);
  EXPECT_NEAR(bca.high, 3.2147, 0.003);
  // Without a jackknife: percentiles, widened by t / z sqrt(n / (n - 1)) = 1.1327 about the median.
  const Range wide = BootstrapInterval(MeanSample(gpa, false, 100000, 1));
  EXPECT_NEAR(wide.high - wide.low, (3.2133 - 2.9767) * 1.1327, 0.004);
}

TEST(BootstrapInterval, IsUnknownWithoutEvidence) {
  BootstrapSample sample;
  sample.value = 1;
  sample.units = 1;
  sample.resampled.assign(1000, 1.0);
  EXPECT_TRUE(std::isnan(BootstrapInterval(sample).low));
  sample.units = 10;
  EXPECT_EQ(BootstrapInterval(sample).low, 1.0);
  for (std::size_t i = 0; i < 600; ++i) sample.resampled[i] = std::nan("");
  EXPECT_TRUE(std::isnan(BootstrapInterval(sample).low));
  EXPECT_EQ(BootstrapP(sample), 1.0);
}

TEST(BootstrapP, IsUniformUnderTheNullAndNeverZero) {
  int below_tenth = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    std::vector<double> values(60);
    for (double& v : values) v = random.Normal();
    below_tenth += BootstrapP(MeanSample(values, false, 400, seed)) < 0.1;
  }
  EXPECT_NEAR(below_tenth / 400.0, 0.1, 0.045);
  std::vector<double> far(60);
  Random random(1);
  for (double& v : far) v = 5 + random.Normal();
  const double p = BootstrapP(MeanSample(far, false, 400, 1));
  EXPECT_GT(p, 0);
  EXPECT_LT(p, 1e-6);
}

TEST(ReflectedInterval, HoldsTheValueAndStaysAboveTheFloor) {
  BootstrapSample sample;
  sample.value = 0.01;
  sample.units = 1000;
  for (int i = 0; i <= 100; ++i) sample.resampled.push_back(0.012 + 0.0001 * i);  // all above the value
  const Range range = ReflectedInterval(sample, 0);
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 0.01);
}

}  // namespace
}  // namespace tagwerk::stats
