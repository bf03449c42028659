// Intervals in proportion to the spread, class-wise prediction sets, background rows: exact where they can be, by
// simulation where they promise coverage, and kept by the model file.
#include "pipeline/pipeline_test.h"
#include "pipeline/range.h"

namespace tagwerk::pipeline {
namespace {

using namespace testing;

Pipeline WithSpread() {
  Pipeline p = ToyPipeline(Task::kRegression);
  p.spread = p.members[0];
  p.spread_floor = 0.5;
  p.shift = 0.25;
  p.background = ToyTable(40, 7);
  return p;
}

TEST(Conformal, IntervalsGrowWithTheSpread) {
  const Pipeline p = WithSpread();
  const table::Table t = ToyTable(200, 3);
  const Predictions out = PredictOf(p, t);
  bool differ = false;
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_GE(out.spread[i], 0.5);
    EXPECT_NEAR((out.upper[i] - out.lower[i]) / out.spread[i], 18, 1e-6);  // residuals: 0.1, 0.2, ..., 9.9
    EXPECT_NEAR((out.values[i] - out.scores[i]) / out.spread[i], 0.25, 1e-6);
    differ |= out.spread[i] != out.spread[0];
  }
  EXPECT_TRUE(differ);
}

TEST(Conformal, EachSideOfTheIntervalFollowsItsOwnTail) {
  Pipeline p = WithSpread();
  p.shift = -0.25;
  p.spread_below = p.members[0];
  const table::Table t = ToyTable(200, 3);
  const Predictions out = PredictOf(p, t);
  std::size_t uneven = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    // One model for both tails: where it says v above 0 the upper side is v wide, the lower one has the floor.
    EXPECT_NEAR((out.upper[i] - out.scores[i]) / out.spread[i], 9, 1e-6);
    EXPECT_NEAR((out.scores[i] - out.lower[i]) / out.spread_below[i], 9, 1e-6);
    EXPECT_NEAR(out.scores[i] - out.values[i], 0.25 * out.spread_below[i], 1e-6);
    EXPECT_EQ(std::min(out.spread[i], out.spread_below[i]), 0.5);
    uneven += out.spread[i] != out.spread_below[i];
  }
  EXPECT_GT(uneven, 0u);
  const std::string bytes = *p.Serialize();
  const auto back = Pipeline::Parse(bytes, "model.tw", &LoadToy);
  ASSERT_TRUE(back.has_value()) << back.error().Text();
  EXPECT_EQ(PredictOf(*back, t).lower, out.lower);
  EXPECT_EQ(*back->Serialize(), bytes);
  p.spread.reset();
  EXPECT_FALSE(p.Validate());
}

TEST(Conformal, SkewedIntervalsHaveTheirOwnTails) {
  Pipeline p = ToyPipeline(Task::kRegression);
  for (int i = 1; i <= 99; ++i) p.errors.push_back(i < 50 ? (i - 50) / 10.0 : i - 50.0);
  const auto [below, above] = p.IntervalReach(0.9);
  EXPECT_NEAR(above, p.errors[94], 1e-12);  // the 95th of 99 from below, ceil(100 * 0.95)
  EXPECT_NEAR(-below, p.errors[4], 1e-12);  // the 95th from above
  EXPECT_TRUE(std::isinf(p.IntervalReach(0.999).first));
}

TEST(Conformal, SetsHoldEveryClassAsOftenAsTheySay) {
  // Split conformal per class: coverage of class k is at least the level, on average over calibration rows.
  Pipeline p = ToyPipeline(Task::kMulticlass);
  Random random(5);
  const auto draw = [&](int cls) {
    std::vector<double> row(3);
    double sum = 0;
    for (int k = 0; k < 3; ++k)
      sum += row[std::size_t(k)] = std::exp(random.Normal() + (k == cls ? 1.5 - 0.4 * cls : 0));
    for (double& v : row) v /= sum;
    return row;
  };
  double held[3] = {0, 0, 0}, size = 0;
  const int repeats = 60, rows = 200;
  for (int r = 0; r < repeats; ++r) {
    p.class_scores.assign(3, {});
    for (int k = 0; k < 3; ++k) {
      for (int i = 0; i < 99; ++i) p.class_scores[std::size_t(k)].push_back(1 - draw(k)[std::size_t(k)]);
      std::sort(p.class_scores[std::size_t(k)].begin(), p.class_scores[std::size_t(k)].end());
    }
    for (int i = 0; i < rows; ++i) {
      const int cls = i % 3;
      const auto in = p.PredictionSets(draw(cls), 0.9);
      held[cls] += in[std::size_t(cls)];
      for (const auto one : in) size += one;
    }
  }
  for (const double h : held) EXPECT_NEAR(h / (repeats * rows / 3.0), 0.9, 0.015);
  EXPECT_LT(size / (repeats * rows), 2.9);
}

TEST(Conformal, SetsKnowTooFewRowsAndAreEmptyWhereNoClassIsLikelyEnough) {
  Pipeline p = ToyPipeline(Task::kBinary);
  EXPECT_TRUE(p.PredictionSets(std::vector<double>{0.5, 0.5}, 0.9).empty());
  p.class_scores = {{0.1, 0.1, 0.1}, std::vector<double>(99, 0.05)};
  // Class "no" has three rows: no set of 90 % can leave it out. Class "yes" is out at 0.8 (1 - p = 0.2 > 0.05).
  EXPECT_EQ(p.PredictionSets(std::vector<double>{0.2, 0.8}, 0.9), (std::vector<std::uint8_t>{1, 0}));
  p.class_scores[0] = std::vector<double>(99, 0.05);
  EXPECT_EQ(p.PredictionSets(std::vector<double>{0.04, 0.96}, 0.9), (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(p.PredictionSets(std::vector<double>{0.4, 0.6}, 0.9), (std::vector<std::uint8_t>{0, 0}));
}

TEST(Conformal, TheModelFileKeepsEverything) {
  const Pipeline p = WithSpread();
  const std::string bytes = *p.Serialize();
  const auto back = Pipeline::Parse(bytes, "model.tw", &LoadToy);
  ASSERT_TRUE(back.has_value()) << back.error().Text();
  const table::Table t = ToyTable(100, 9);
  const Predictions before = PredictOf(p, t), after = PredictOf(*back, t);
  EXPECT_EQ(before.lower, after.lower);
  EXPECT_EQ(before.values, after.values);
  EXPECT_EQ(*back->Serialize(), bytes);
  ASSERT_EQ(back->background.num_rows(), 40u);
  for (std::size_t j = 0; j < t.num_columns(); ++j)
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(back->background.column(j).Text(i), p.background.column(j).Text(i));
  Pipeline classes = ToyPipeline(Task::kBinary);
  classes.class_scores = {{0.1, 0.2}, {0.3}};
  EXPECT_EQ(Pipeline::Parse(*classes.Serialize(), "model.tw", &LoadToy)->class_scores, classes.class_scores);
}

TEST(Conformal, DamagedSectionsAreRefused) {
  const std::string bytes = *WithSpread().Serialize();
  Random random(11);
  for (int i = 0; i < 300; ++i) {
    std::string broken = bytes;
    broken[random.Below(broken.size())] ^= char(1 + random.Below(255));
    const auto loaded = Pipeline::Parse(broken, "model.tw", &LoadToy);
    if (loaded) EXPECT_EQ(*loaded->Serialize(), bytes);  // padding between sections
  }
  Pipeline wrong = WithSpread();
  wrong.spread_floor = 0;
  EXPECT_FALSE(wrong.Validate());
}

TEST(OutOfRange, AllowsATenthMoreThanTraining) {
  Input input;
  input.field.type = table::SemanticType::kNumeric;
  input.low = 0;
  input.high = 10;
  EXPECT_FALSE(OutOfRange(input, 11));
  EXPECT_TRUE(OutOfRange(input, 11.01));
  EXPECT_TRUE(OutOfRange(input, -1.01));
  EXPECT_FALSE(OutOfRange(input, std::nan("")));
  input.field.type = table::SemanticType::kCategorical;
  EXPECT_FALSE(OutOfRange(input, 1e9));
}

}  // namespace
}  // namespace tagwerk::pipeline
