// Automatic growth: what it chooses, where it does not try, and that threads do not matter.
#include "learners/trees/growth_race.h"

#include <chrono>
#include <thread>

#include "learners/trees/boosting_fixture.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {
namespace {

BoostingSettings Grown(Growth growth) {
  BoostingSettings settings;
  settings.n_estimators = 20;
  settings.grow.growth = growth;
  return settings;
}

/// Either mostly noise, or in each eighth of the first column another column counts.
Sample NoisyOrFine(bool noisy, std::size_t n, std::uint64_t seed) {
  Random random(seed);
  Sample s;
  std::vector<std::vector<double>> x(8, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (auto& column : x) column[i] = random.Uniform();
    const auto counts = 1 + std::size_t(8 * x[0][i]) % 7;
    s.y.push_back(noisy ? x[0][i] + 2 * random.Normal() : 5 * x[counts][i]);
  }
  for (auto& column : x) s.AddNumeric(std::move(column));
  return s;
}

std::string Grow(const model::TrainingData& data, Growth growth, int threads = 1) {
  return Bytes(*Fit(data, Grown(growth), threads).model);
}

TEST(GrowthRace, TakesObliviousTreesForNoiseAndFreeOnesForMuchToLearn) {
  for (const bool noisy : {false, true}) {
    Sample s = NoisyOrFine(noisy, 3000, 3);
    const model::TrainingData data = s.Data();
    const std::string expected = Grow(data, noisy ? Growth::kOblivious : Growth::kLeafWise);
    EXPECT_TRUE(expected != Grow(data, noisy ? Growth::kLeafWise : Growth::kOblivious));
    for (const int threads : {1, 2, 3}) EXPECT_TRUE(Grow(data, Growth::kAuto, threads) == expected) << noisy;
  }
}

TEST(GrowthRace, EndsWhenItIsStopped) {
  Sample s = NoisyOrFine(true, 3000, 3);
  const model::TrainingData data = s.Data();
  BoostingSettings settings = Grown(Growth::kAuto);
  settings.n_estimators = 1'000'000;  // take minutes
  settings.early_stopping = false;
  Pool pool(2);
  StopFlag stop;
  Context context;
  context.pool = &pool;
  context.stop = &stop;
  Background impatient([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.Request();
  });
  const auto fitted = FitBoosting(context, data, settings);
  ASSERT_TRUE(fitted);
  EXPECT_TRUE(fitted->stopped_early);
}

TEST(GrowthRace, DoesNotTryOnVeryFewRowsOrMany) {
  for (const bool noisy : {false, true}) {
    for (const std::size_t n : {200UL, 1240UL, 10000UL}) {
      Sample s = NoisyOrFine(noisy, n, 4);
      const model::TrainingData data = s.Data();
      const Growth expected = n < 10000 ? Growth::kOblivious : Growth::kLeafWise;
      EXPECT_TRUE(Grow(data, Growth::kAuto) == Grow(data, expected)) << n;
    }
  }
}

TEST(GrowthRace, LimitsTheDepthOfTwoClassesWhereTheyAreNoisy) {
  for (const bool noisy : {false, true}) {
    Sample s = NoisyOrFine(noisy, 14000, 7);
    s.task = Task::kBinary;
    s.classes = 2;
    for (double& y : s.y) y = y > (noisy ? 0.5 : 2.5) ? 1 : 0;
    const model::TrainingData data = s.Data();
    BoostingSettings settings = Grown(Growth::kLeafWise);
    settings.grow.max_depth = noisy ? 5 : 0;  // as many levels as 31 leaves fill
    const std::string expected = Bytes(*Fit(data, settings).model);
    for (const int threads : {1, 2, 3}) EXPECT_TRUE(Grow(data, Growth::kAuto, threads) == expected) << noisy;
    settings.grow.growth = Growth::kAuto;  // a limit that is set holds
    settings.grow.max_depth = 3;
    BoostingSettings asked = settings;
    asked.grow.growth = Growth::kLeafWise;
    EXPECT_TRUE(Bytes(*Fit(data, settings).model) == Bytes(*Fit(data, asked).model));
  }
}

TEST(GrowthRace, TriesOnManyRowsOfWideTables) {
  Sample s = NoisyOrFine(true, 12000, 4);
  Random random(6);
  for (int j = 8; j < 241; ++j) {
    std::vector<double> column(12000);
    for (double& v : column) v = double(random.Below(4));
    s.AddNumeric(std::move(column));
  }
  const model::TrainingData data = s.Data();
  EXPECT_TRUE(WorthGrowthRace(data, 12000, 1));
  EXPECT_FALSE(WorthGrowthRace(data, 12050, 1));
  EXPECT_TRUE(WorthGrowthRace(data, 200, 1));
  EXPECT_TRUE(WorthGrowthRace(data, 9999, 1));
  const std::string chosen = Grow(data, Growth::kAuto);
  EXPECT_TRUE(chosen == Grow(data, Growth::kOblivious));
  EXPECT_TRUE(chosen == Grow(data, Growth::kAuto, 2));
}

TEST(GrowthRace, CoarseGradientsGoByTheNumberOfRows) {
  for (const auto& [n, levels] : {std::pair{200UL, 0}, {3000UL, 5}, {25000UL, 0}}) {
    Sample s = NoisyOrFine(true, n, 5);
    const model::TrainingData data = s.Data();
    BoostingSettings settings = Grown(Growth::kLeafWise);
    settings.gradient_levels = levels;
    const std::string expected = Bytes(*Fit(data, settings).model);
    settings.gradient_levels = kAutoLevels;
    EXPECT_TRUE(Bytes(*Fit(data, settings).model) == expected) << n;
  }
}

TEST(GrowthRace, CoarseGradientsGoByTheNumberOfClasses) {
  for (const auto& [classes, levels] : {std::pair{3, 2}, {14, 2}, {17, 3}, {30, 5}}) {
    Sample s = MakeSample(3000, Task::kMulticlass, classes, 7);
    const model::TrainingData data = s.Data();
    BoostingSettings settings = Small(3);
    settings.grow.growth = Growth::kLeafWise;
    settings.gradient_levels = levels;
    const std::string expected = Bytes(*Fit(data, settings).model);
    settings.gradient_levels = kAutoLevels;
    EXPECT_TRUE(Bytes(*Fit(data, settings).model) == expected) << classes;
  }
}

TEST(GrowthRace, ParametersSayWhatIsAutomaticAndWhatExact) {
  const auto levels = [](std::optional<double> given) {
    model::Parameters parameters;
    if (given) parameters.Set("gradient_levels", *given);
    return BoostingSettingsOf(parameters, Task::kBinary)->gradient_levels;
  };
  EXPECT_EQ(levels(std::nullopt), kAutoLevels);
  EXPECT_EQ(levels(0), kAutoLevels);
  EXPECT_EQ(levels(7), 7);
  EXPECT_EQ(levels(65535), 0);
  EXPECT_EQ(BoostingSettingsOf({}, Task::kBinary)->grow.growth, Growth::kAuto);
}

}  // namespace
}  // namespace tagwerk::learners::trees
