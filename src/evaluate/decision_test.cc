// The bar that follows from costs, capacity or F1, and what decisions are worth: against brute force and formulas.
#include "evaluate/decision.h"
#include "evaluate/evaluate_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "metrics/metrics.h"

namespace tagwerk::evaluate {
namespace {

using testing::Calibrated;
using testing::Case;
using testing::InputOf;

const Json kWorth = {
    {"true_positive", 40.0}, {"false_positive", -8.0}, {"false_negative", -25.0}, {"true_negative", 0}};

DecisionWish Value(const Json& value) { return {value, 1, {}}; }

TEST(ChooseBar, IsNearTheOneThatCostsGiveForCalibratedProbabilities) {
  // Act when p (40 + 25) > (1 - p) 8: p > 8 / 73 (Elkan 2001, eq. 2).
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Case d = Calibrated(20000, seed);
    const Bar bar = ChooseBar(InputOf(d), Value(kWorth));
    EXPECT_NEAR(bar.threshold, 8.0 / 73, 0.03) << seed;
    EXPECT_EQ(bar.rule, "value");
  }
}

TEST(ChooseBar, FindsRarePositives) {
  // Scores are mostly tiny: the best cut takes a few of a thousand rows.
  const Case d = Calibrated(50000, 3, 20);
  EXPECT_NEAR(ChooseBar(InputOf(d), Value({{"true_positive", 10.0}, {"false_positive", -10.0}})).threshold, 0.5, 0.1);
}

TEST(ChooseBar, IsOneHalfForEvenClassesWithoutCosts) {
  const Case d = Calibrated(1000, 1);
  for (const Json& value : {Json(), Json::parse(R"({"true_positive":"x"})")}) {
    const Bar bar = ChooseBar(InputOf(d), Value(value));
    EXPECT_EQ(bar.threshold, 0.5);
    EXPECT_EQ(bar.rule, "half");
  }
  EXPECT_EQ(ChooseBar(InputOf({}), Value(kWorth)).threshold, 0.5);
}

TEST(ChooseBar, ServesTheMetricThatJudgesDecisions) {
  // One row in ten is positive and probabilities are calibrated: balance asks for a bar near the share of the
  // positives, accuracy for one half.
  const Case d = Calibrated(20000, 3, 9);
  const auto bar = [&](const char* metric) {
    DecisionWish wish;
    wish.metric = metric;
    return ChooseBar(InputOf(d), wish);
  };
  EXPECT_NEAR(bar("balanced_accuracy").threshold, 0.1, 0.05);
  EXPECT_NEAR(bar("accuracy").threshold, 0.5, 0.1);
  EXPECT_GT(bar("f1").threshold, 0.2);
  EXPECT_LT(bar("f1").threshold, 0.45);
  EXPECT_EQ(bar("f1").rule, "metric");
  EXPECT_NE(bar("auc").rule, "metric");
}

TEST(ChooseBar, TakesAllOrNoneWhenThatPays) {
  const Case d = Calibrated(500, 4);
  EXPECT_EQ(ChooseBar(InputOf(d), Value({{"true_positive", 1.0}, {"false_positive", 1.0}})).threshold, 0.0);
  const double none = ChooseBar(InputOf(d), Value({{"true_positive", -1.0}, {"false_positive", -1.0}})).threshold;
  for (std::size_t i = 1; i < d.scores.size(); i += 2) EXPECT_LT(d.scores[i], none);
}

TEST(ChooseBar, OfUnevenClassesHasNearlyTheBestF1) {
  // For calibrated probabilities the best bar is half the best F1 (Lipton, Elkan & Naryanaswamy 2014, theorem 1).
  const Case d = Calibrated(20000, 7, 6), fresh = Calibrated(200000, 8, 6);
  const Bar bar = ChooseBar(InputOf(d), {});
  EXPECT_EQ(bar.rule, "f1");
  EXPECT_GT(bar.f1, bar.f1_half + 0.02);
  EvaluateInput input = InputOf(fresh);
  const auto f1 = *metrics::FindMetric("f1", Task::kBinary);
  double best = 0;
  for (double at = 0.02; at < 0.9; at += 0.005) {
    input.scored.threshold = at;
    best = std::max(best, f1->compute(input.scored));
  }
  input.scored.threshold = bar.threshold;
  EXPECT_GT(f1->compute(input.scored), best - 0.005);
  EXPECT_NEAR(bar.threshold, best / 2, 0.04);
}

TEST(ChooseBar, LooksAtTheRarerClassWhicheverItIs) {
  Case d = Calibrated(20000, 9, 6);
  const Bar positive = ChooseBar(InputOf(d), {});
  for (double& t : d.truth) t = 1 - t;
  for (std::size_t i = 0; i < d.scores.size(); i += 2) std::swap(d.scores[i], d.scores[i + 1]);
  const Bar negative = ChooseBar(InputOf(d), {});
  EXPECT_EQ(negative.rule, "f1_negative");
  EXPECT_NEAR(negative.threshold, 1 - positive.threshold, 0.04);
}

TEST(ChooseBar, StaysAtOneHalfWhenNothingIsGained) {
  // Positives are certain or impossible: every bar between decides the same.
  Case d;
  for (int i = 0; i < 1000; ++i) {
    d.truth.push_back(i % 10 == 0);
    d.scores.insert(d.scores.end(), {i % 10 == 0 ? 0.0 : 1.0, i % 10 == 0 ? 1.0 : 0.0});
  }
  const Bar bar = ChooseBar(InputOf(d), {});
  EXPECT_EQ(bar.rule, "half_better");
  EXPECT_EQ(bar.threshold, 0.5);
}

TEST(ChooseBar, KeepsToTheCapacity) {
  const Case d = Calibrated(20000, 5);
  const auto marked = [&](double bar) {
    double count = 0;
    for (std::size_t i = 1; i < d.scores.size(); i += 2) count += d.scores[i] >= bar;
    return count;
  };
  const Bar alone = ChooseBar(InputOf(d), {Json(), 0.03, {}});
  EXPECT_EQ(alone.rule, "capacity");
  EXPECT_EQ(marked(alone.threshold), 600);
  const Bar both = ChooseBar(InputOf(d), {kWorth, 0.03, {}});
  EXPECT_EQ(both.rule, "capacity");
  EXPECT_LE(marked(both.threshold), 600);
  // Room for more than pays: the costs decide.
  EXPECT_EQ(ChooseBar(InputOf(d), {kWorth, 0.99, {}}).rule, "value");
  EXPECT_EQ(ChooseBar(InputOf(d), {kWorth, 0.03, 0.7}).threshold, 0.7);
}

TEST(ValueJson, AddsUpAndNamesTheBestOfTheOthers) {
  const Case d{{0, 1, 1, 0}, {0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7}};
  EvaluateInput input = InputOf(d);
  input.scored.threshold = 0.75;
  const std::vector<double> baseline{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
  input.baseline_scores = baseline;
  const Json json = ValueJson(input, kWorth);
  EXPECT_NEAR(json["model"].get<double>(), (40.0 - 25.0) / 4 * 1000, 1e-9);
  EXPECT_NEAR(json["nothing"].get<double>(), -50.0 / 4 * 1000, 1e-9);
  EXPECT_NEAR(json["all"].get<double>(), (80.0 - 16.0) / 4 * 1000, 1e-9);
  EXPECT_EQ(json["gain"]["over"], "all");
  EXPECT_NEAR(json["gain"]["difference"].get<double>(), (15.0 - 64.0) / 4 * 1000, 1e-9);
  EXPECT_TRUE(ValueJson(input, nullptr).is_null());
}

TEST(MeanGain, IsTheTInterval) {
  // scipy.stats.t.interval(0.95, 4, 3, scipy.stats.sem([1, 2, 3, 4, 5])) = (1.03675684, 4.96324316)
  const std::vector<double> rows{1, 2, 3, 4, 5};
  const Gain gain = MeanGain(rows, {});
  EXPECT_NEAR(gain.difference, 3, 1e-12);
  EXPECT_NEAR(gain.low, 1.03675684, 1e-8);
  EXPECT_NEAR(gain.high, 4.96324316, 1e-8);
  // Rows that repeat within a group say no more than one.
  std::vector<double> doubled;
  std::vector<std::uint64_t> groups;
  for (std::uint64_t i = 0; i < 5; ++i) {
    doubled.insert(doubled.end(), {rows[i], rows[i]});
    groups.insert(groups.end(), {i, i});
  }
  EXPECT_NEAR(MeanGain(doubled, groups).low, gain.low, 1e-9);
}

TEST(CapacityJson, CountsTheHeadOfTheList) {
  const Case d{{1, 0, 1, 0, 0, 0, 0, 0, 0, 1},
               {0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.5, 0.5, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2, 0.9, 0.1, 0.95, 0.05}};
  EvaluateInput input = InputOf(d);
  const std::vector<double> flat(20, 0.5);
  input.baseline_scores = flat;
  const Json json = CapacityJson(input, 0.3);
  EXPECT_EQ(json["taken"], 3);
  EXPECT_NEAR(json["model"]["precision"].get<double>(), 2.0 / 3, 1e-12);
  EXPECT_NEAR(json["model"]["found_share"].get<double>(), 2.0 / 3, 1e-12);
  EXPECT_NEAR(json["baseline"]["precision"].get<double>(), 0.3, 1e-12);  // ties count in proportion
  EXPECT_NEAR(json["chance"].get<double>(), 0.3, 1e-12);
  EXPECT_TRUE(CapacityJson(input, 1).is_null());
}

TEST(Regret, QuantileHasTheLeastRegret) {
  Random random(3);
  std::vector<double> errors;
  for (int i = 0; i < 4000; ++i) errors.push_back(std::exp(random.Normal()));
  const Regret regret{3, 1};
  EXPECT_EQ(regret.quantile(), 0.75);
  const double chosen = QuantileOf(errors, 0.75);
  const auto mean = [&](double at) {
    double sum = 0;
    for (const double e : errors) sum += regret.Of(e, at);
    return sum / double(errors.size());
  };
  for (double at = 0; at < 6; at += 0.01) EXPECT_LE(mean(chosen), mean(at) + 1e-12);
  const std::vector<double> truth{1, 2}, decided{2, 2}, plain{0, 0}, none;
  const Json json = RegretJson(regret, truth, decided, plain, none, {});
  EXPECT_NEAR(json["model"].get<double>(), 0.5 * 1000, 1e-9);
  EXPECT_NEAR(json["undecided"].get<double>(), 4.5 * 1000, 1e-9);
  EXPECT_EQ(json["gain"]["over"], "undecided");
}

TEST(BarOfRank, LetsAtMostSoManyPass) {
  const std::vector<double> scores{0.1, 0.9, 0.5, 0.5, 0.7};
  const auto passing = [&](std::size_t most) {
    const double bar = BarOfRank(scores, most);
    return std::count_if(scores.begin(), scores.end(), [&](double s) { return s >= bar; });
  };
  EXPECT_EQ(passing(0), 0);
  EXPECT_EQ(passing(1), 1);
  EXPECT_EQ(passing(2), 2);
  EXPECT_EQ(passing(3), 2);  // the third and fourth are equal
  EXPECT_EQ(passing(4), 4);
  EXPECT_EQ(passing(9), 5);
  EXPECT_EQ(BarOfRank({}, 0), 0);
}

}  // namespace
}  // namespace tagwerk::evaluate
