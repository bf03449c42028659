#include "stats/sketch.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::stats {
namespace {

TEST(DistinctSketch, EstimatesWithinFiveStandardErrors) {
  for (const std::uint64_t n : {0ULL, 1ULL, 100ULL, 5000ULL, 300000ULL}) {
    DistinctSketch sketch;
    for (int repeat = 0; repeat < 2; ++repeat) {
      for (std::uint64_t i = 0; i < n; ++i) sketch.Add(i * 77);
    }
    EXPECT_NEAR(sketch.Estimate(), double(n), 0.5 + 5 * 0.0163 * double(n)) << n;
  }
}

TEST(DistinctSketch, MergedHalvesCountLikeTheWhole) {
  DistinctSketch a, b, whole;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    (i < 12000 ? a : b).Add(i);
    whole.Add(i);
  }
  a.Merge(b);
  EXPECT_EQ(a.Estimate(), whole.Estimate());
}

TEST(QuantileSketch, RankErrorStaysBelowOnePerCent) {
  QuantileSketch sketch, left, right;
  Random random(5);
  const int n = 200000;
  for (int i = 0; i < n; ++i) {
    const double u = random.Uniform();
    sketch.Add(u);
    (i % 3 == 0 ? left : right).Add(u);
  }
  left.Merge(right);
  const std::vector<double> shares = {0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1};
  const auto q = sketch.Quantiles(shares), merged = left.Quantiles(shares);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    EXPECT_NEAR(q[i], shares[i], 0.01);
    EXPECT_NEAR(merged[i], shares[i], 0.01);
  }
  EXPECT_EQ(merged[0], q[0]);
}

TEST(QuantileSketch, SmallStreamsAreExactAndEmptyOnesMissing) {
  QuantileSketch sketch;
  EXPECT_TRUE(std::isnan(sketch.Quantiles({0.5})[0]));
  for (int i = 1; i <= 101; ++i) sketch.Add(i);
  sketch.Add(std::nan(""));
  EXPECT_EQ(sketch.Quantiles({0.5})[0], 51);
  EXPECT_EQ(sketch.count(), 101);
}

}  // namespace
}  // namespace tagwerk::stats
