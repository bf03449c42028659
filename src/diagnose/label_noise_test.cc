// Label noise: flipped labels are found, overlapping classes and heavy tails are left alone.
#include "diagnose/label_noise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/random.h"

namespace tagwerk::diagnose {
namespace {

/// Binary labels drawn from known probabilities, then flipped; scores are those of a calibrated model that
/// learned from the flipped labels.
struct Made {
  std::vector<double> truth, scores;
  std::set<std::size_t> flipped;
  LabelNoise Find() const { return FindLabelNoise({Task::kBinary, 2, truth, scores}); }
};

Made MakeBinary(std::size_t n, double steepness, double flips, std::uint64_t seed) {
  Random random(seed);
  Made out;
  for (std::size_t i = 0; i < n; ++i) {
    const double p = 1 / (1 + std::exp(-steepness * random.Normal()));
    bool label = random.Uniform() < p;
    if (random.Uniform() < flips) {
      label = !label;
      out.flipped.insert(i);
    }
    out.truth.push_back(label);
    const double seen = p * (1 - flips) + (1 - p) * flips;
    out.scores.push_back(1 - seen);
    out.scores.push_back(seen);
  }
  return out;
}

TEST(LabelNoise, SaysNothingOfCleanLabels) {
  for (const double steepness : {0.0, 0.5, 0.7, 0.8, 1.0, 1.5, 2.0, 4.0, 10.0, 50.0})
    for (std::uint64_t seed = 1; seed <= 10; ++seed)
      EXPECT_FALSE(MakeBinary(3000, steepness, 0, seed).Find().found) << steepness << " " << seed;
}

TEST(LabelNoise, FindsFlippedLabels) {
  for (const double flips : {0.05, 0.1, 0.2}) {
    const Made made = MakeBinary(4000, 20, flips, 3);
    const LabelNoise noise = made.Find();
    ASSERT_TRUE(noise.found) << flips;
    const double real = double(made.flipped.size());
    EXPECT_LE(noise.low, 4000 * flips);
    EXPECT_GE(noise.high, 4000 * flips);
    double right = 0;
    for (const auto& suspect : noise.suspects) right += double(made.flipped.count(suspect.row));
    EXPECT_GT(right / double(noise.suspects.size()), 0.7) << flips;
    EXPECT_GT(right / real, 0.7) << flips;
  }
}

TEST(LabelNoise, SeveralClassesName_TheOther) {
  Random random(8);
  std::vector<double> truth, scores;
  std::set<std::size_t> wrong;
  for (std::size_t i = 0; i < 3000; ++i) {
    const auto real = std::size_t(random.Below(3));
    auto given = real;
    if (random.Uniform() < 0.1) given = (real + 1) % 3, wrong.insert(i);
    truth.push_back(double(given));
    for (std::size_t c = 0; c < 3; ++c) scores.push_back(c == real ? 0.9 : c == (real + 1) % 3 ? 0.08 : 0.02);
    scores[scores.size() - 3 + real] -= 0.01 * random.Uniform();
  }
  const LabelNoise noise = FindLabelNoise({Task::kMulticlass, 3, truth, scores});
  ASSERT_TRUE(noise.found);
  for (const auto& suspect : noise.suspects) {
    EXPECT_EQ(wrong.count(suspect.row), 1u);
    EXPECT_EQ(std::size_t(suspect.suggested), (std::size_t(suspect.given) + 2) % 3);
  }
}

std::vector<double> Numbers(std::size_t n, std::uint64_t seed, double tail, double wrong, std::vector<double>& scores) {
  Random random(seed);
  std::vector<double> truth;
  for (std::size_t i = 0; i < n; ++i) {
    const double signal = 10 * random.Normal();
    double error = random.Normal();
    if (tail > 0) error /= std::sqrt(-2 * std::log(1 - random.Uniform()) / tail + 1e-9);  // heavy, in one piece
    truth.push_back(signal + error + (random.Uniform() < wrong ? 40 * random.Normal() : 0));
    scores.push_back(signal);
  }
  return truth;
}

TEST(LabelNoise, GrossNumbersStandApart) {
  std::vector<double> clean, heavy, noisy;
  const auto a = Numbers(4000, 1, 0, 0, clean), b = Numbers(4000, 2, 8, 0, heavy), c = Numbers(4000, 3, 0, 0.05, noisy);
  EXPECT_FALSE(FindLabelNoise({Task::kRegression, 0, a, clean}).found);
  EXPECT_FALSE(FindLabelNoise({Task::kRegression, 0, b, heavy}).found);
  const LabelNoise noise = FindLabelNoise({Task::kRegression, 0, c, noisy});
  ASSERT_TRUE(noise.found);
  EXPECT_NEAR(noise.rows, 200, 60);
}

TEST(LabelNoise, FewRowsAreNotJudged) { EXPECT_FALSE(MakeBinary(60, 20, 0.3, 1).Find().found); }

}  // namespace
}  // namespace tagwerk::diagnose
