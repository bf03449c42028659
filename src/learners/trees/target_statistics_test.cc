#include "learners/trees/target_statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::learners::trees {
namespace {

struct Table {
  std::vector<std::int32_t> codes;
  std::vector<double> y;
  model::Rows train;
};

Table MakeTable() {
  Random random(4);
  Table t;
  for (std::uint32_t i = 0; i < 600; ++i) {
    t.codes.push_back(static_cast<std::int32_t>(random.Below(12)) - 1);
    t.y.push_back(random.Normal() + t.codes.back());
    if (i % 3 != 0) t.train.push_back(i);
  }
  return t;
}

TEST(TargetStatistics, OfACategoryIsItsMeanPulledToTheOverallOne) {
  const Table t = MakeTable();
  const auto means = StatisticsTarget(t.y, {}, t.train, 1).Of(t.codes, 12);
  double all = 0;
  for (const auto row : t.train) all += t.y[row] / double(t.train.size());
  ASSERT_EQ(means.of_code.size(), 12u);
  // The variance between these categories is 10, within them 1: little smoothing, the least that there is.
  for (std::int32_t code = 0; code < 11; ++code) {
    double n = 0, sum = 0;
    for (const auto row : t.train) {
      if (t.codes[row] != code) continue;
      n += 1;
      sum += t.y[row] - all;
    }
    EXPECT_NEAR(means.of_code[std::size_t(code)], sum / (n + 1), 1e-9);
  }
  EXPECT_EQ(means.of_code[11], 0);  // no row has it
}

TEST(TargetStatistics, AreSmoothedByWhatTheNoiseAsksFor) {
  Random random(6);
  Table t;
  std::vector<double> effect(500);
  for (double& e : effect) e = random.Normal() * 0.5;
  for (std::uint32_t i = 0; i < 10000; ++i) {
    t.codes.push_back(static_cast<std::int32_t>(random.Below(500)));
    t.y.push_back(effect[std::size_t(t.codes.back())] + 3 * random.Normal());
    t.train.push_back(i);
  }
  const auto means = StatisticsTarget(t.y, {}, t.train, 1).Of(t.codes, 500);
  double error = 0, raw = 0;
  std::vector<double> n(500), sum(500);
  for (std::size_t i = 0; i < t.y.size(); ++i) {
    n[std::size_t(t.codes[i])] += 1;
    sum[std::size_t(t.codes[i])] += t.y[i];
  }
  for (std::size_t c = 0; c < 500; ++c) {
    error += std::pow(means.of_code[c] - effect[c], 2) / 500;
    raw += std::pow(sum[c] / n[c] - effect[c], 2) / 500;
  }
  // Best possible: 0.25 * 9 / (9 + 20 * 0.25), about 0.16; unsmoothed means: 9 / 20.
  EXPECT_LT(error, 0.19);
  EXPECT_GT(raw, 0.38);
}

// Three rows a category and a target of pure noise: means over all rows follow each row's own target, means over
// earlier rows do not.
TEST(TargetStatistics, OfARowDoNotKnowItsOwnTarget) {
  Random random(5);
  Table t;
  for (std::uint32_t i = 0; i < 9000; ++i) {
    t.codes.push_back(static_cast<std::int32_t>(i % 3000));
    t.y.push_back(random.Normal() + (i % 3000 < 30 ? 20 : 0));  // some real effect, so that little is smoothed away
    t.train.push_back(i);
  }
  const auto means = StatisticsTarget(t.y, {}, t.train, 1).Of(t.codes, 3000);
  double of_row = 0, of_code = 0, y = 0, row_squares = 0, code_squares = 0, y_squares = 0;
  for (std::size_t i = 0; i < 9000; ++i) {
    if (t.codes[i] < 30) continue;
    const double a = means.of_row[i], b = means.of_code[std::size_t(t.codes[i])];
    of_row += a * t.y[i];
    of_code += b * t.y[i];
    y += t.y[i];
    row_squares += a * a;
    code_squares += b * b;
    y_squares += t.y[i] * t.y[i];
  }
  EXPECT_NEAR(of_row / std::sqrt(row_squares * y_squares), 0, 0.04);
  EXPECT_GT(of_code / std::sqrt(code_squares * y_squares), 0.3);
}

TEST(TargetStatistics, MissingIsMissingAndWeightsCount) {
  const Table t = MakeTable();
  std::vector<float> weight(t.y.size(), 2.0f);
  const auto means = StatisticsTarget(t.y, weight, t.train, 3).Of(t.codes, 12);
  for (std::size_t k = 0; k < t.train.size(); ++k) {
    EXPECT_EQ(std::isnan(means.of_row[k]), t.codes[t.train[k]] < 0);
  }
  const auto light = StatisticsTarget(t.y, {}, t.train, 3).Of(t.codes, 12);
  EXPECT_NE(means.of_code[3], light.of_code[3]);  // twice the weight against the same least prior
}

}  // namespace
}  // namespace tagwerk::learners::trees
