#include "learners/trees/row_sampling.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::learners::trees {
namespace {

struct Plane {
  GradientPlane plane;
  model::Rows rows;
  double sum_g = 0, sum_h = 0;
};

Plane MakePlane(std::size_t n) {
  Random random(9);
  Plane p;
  p.rows = model::AllRows(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto g = static_cast<float>(random.Normal() * std::exp(random.Normal()));
    const auto h = static_cast<float>(random.Uniform());
    p.plane.real.push_back({g, h});
    p.sum_g += g;
    p.sum_h += h;
  }
  return p;
}

TEST(SampleByGradient, DrawsTheShareAndKeepsSumsRightOnAverage) {
  constexpr std::size_t kRows = 20000;
  for (const Sampling sampling : {Sampling::kMinimalVariance, Sampling::kGoss}) {
    double drawn = 0, g = 0, h = 0;
    constexpr int kTimes = 40;
    for (int seed = 0; seed < kTimes; ++seed) {
      Plane p = MakePlane(kRows);
      std::vector<table::RowIndex> in, out;
      SampleByGradient(sampling, 0.3, std::uint64_t(seed), p.rows, nullptr, p.plane, in, out);
      EXPECT_EQ(in.size() + out.size(), kRows);
      EXPECT_TRUE(std::is_sorted(in.begin(), in.end()));
      drawn += double(in.size()) / kTimes;
      for (const auto r : in) {
        g += p.plane.real[r].g / kTimes;
        h += p.plane.real[r].h / kTimes;
      }
    }
    const Plane p = MakePlane(kRows);
    EXPECT_NEAR(drawn / kRows, 0.3, 0.01);
    EXPECT_NEAR(h / p.sum_h, 1, 0.01);
    EXPECT_NEAR(g, p.sum_g, 60);  // of a sum of sizes of about 26,000
  }
}

TEST(SampleByGradient, KeepsLargeGradientsForCertain) {
  Plane p = MakePlane(5000);
  const std::vector<GradientPair> before = p.plane.real;
  std::vector<table::RowIndex> in, out;
  SampleByGradient(Sampling::kMinimalVariance, 0.5, 1, p.rows, nullptr, p.plane, in, out);
  float most_out = 0;
  double mean_in = 0, mean_out = 0;
  for (const auto r : out) {
    most_out = std::max(most_out, std::abs(before[r].g));
    mean_out += std::abs(before[r].g) / double(out.size());
  }
  for (const auto r : in) mean_in += std::abs(before[r].g) / double(in.size());
  EXPECT_LT(most_out, 4);  // the largest of all is above 20
  EXPECT_GT(mean_in, 3 * mean_out);
}

TEST(SampleByGradient, WorksWhereAllGradientsAreZeroOrEqual) {
  for (const float g : {0.0f, 0.5f}) {
    for (const Sampling sampling : {Sampling::kMinimalVariance, Sampling::kGoss}) {
      GradientPlane plane;
      plane.real.assign(1000, {g, g});
      const model::Rows rows = model::AllRows(1000);
      std::vector<table::RowIndex> in, out;
      SampleByGradient(sampling, 0.5, 1, rows, nullptr, plane, in, out);
      EXPECT_GT(in.size(), 300u);
      for (const auto r : in) EXPECT_TRUE(std::isfinite(plane.real[r].g));
    }
  }
}

}  // namespace
}  // namespace tagwerk::learners::trees
