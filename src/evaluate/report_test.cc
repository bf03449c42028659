// The members of `test` in the run document: hand-made data, exact answers.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "evaluate/evaluate_fixture.h"

namespace tagwerk::evaluate {
namespace {

using testing::Calibrated;
using testing::Case;
using testing::InputOf;

const Json kCosts = {
    {"true_positive", 40.0}, {"false_positive", -8.0}, {"false_negative", -25.0}, {"true_negative", 0}};

TEST(ConfusionJson, CountsTruthByDecision) {
  const Case d{{0, 1, 1, 0, 1}, {0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7, 0.5, 0.5}};
  const Json json = ConfusionJson(InputOf(d, Task::kBinary, 2));
  EXPECT_EQ(json["labels"], Json::parse(R"(["c0","c1"])"));
  EXPECT_EQ(json["counts"], Json::parse("[[1,1],[1,2]]"));  // 0.5 counts as positive
}

TEST(ConfusionJson, OfVeryManyClassesSharesALineForTheRareOnes) {
  Case d;
  const int k = 80;
  for (int i = 0; i < 5 * k; ++i) {
    const int t = i % k < 49 ? i % k : 49 + i % 31;
    d.truth.push_back(t);
    for (int c = 0; c < k; ++c) d.scores.push_back(c == t ? 1 : 0);
  }
  const Json json = ConfusionJson(InputOf(d, Task::kMulticlass, k));
  ASSERT_EQ(json["labels"].size(), 50u);
  EXPECT_EQ(json["labels"][49], "(others)");
  std::int64_t diagonal = 0;
  for (std::size_t i = 0; i < 50; ++i) diagonal += json["counts"][i][i].get<std::int64_t>();
  EXPECT_EQ(diagonal, 5 * k);
}

TEST(CalibrationJson, OfCalibratedProbabilitiesHoldsTheDiagonal) {
  const Json json = CalibrationJson(InputOf(Calibrated(20000, 1), Task::kBinary, 2));
  ASSERT_EQ(json["bins"].size(), 10u);
  int held = 0;
  for (const Json& bin : json["bins"]) {
    EXPECT_EQ(bin["rows"], 2000);
    held += bin["low"].get<double>() <= bin["predicted"].get<double>() &&
            bin["predicted"].get<double>() <= bin["high"].get<double>();
  }
  EXPECT_GE(held, 8);
  EXPECT_LT(json["error"].get<double>(), 0.02);
}

TEST(CalibrationJson, TellsErrorFromChance) {
  double error = 0, debiased = 0, chance = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Json json = CalibrationJson(InputOf(Calibrated(300, seed), Task::kBinary, 2));
    error += json["error"].get<double>() / 40;
    debiased += json["error_debiased"].get<double>() / 40;
    chance += json["error_by_chance"].get<double>() / 40;
  }
  // Probabilities that are right: what 300 rows show is chance, and that is what is said of it.
  EXPECT_NEAR(error, chance, 0.1 * chance);
  EXPECT_LT(debiased, 0.5 * error);
  Case wrong = Calibrated(20000, 3);
  for (std::size_t i = 0; i < wrong.scores.size(); i += 2) {
    wrong.scores[i + 1] = std::min(1.0, wrong.scores[i + 1] + 0.1);
    wrong.scores[i] = 1 - wrong.scores[i + 1];
  }
  const Json json = CalibrationJson(InputOf(wrong, Task::kBinary, 2));
  EXPECT_NEAR(json["error_debiased"].get<double>(), 0.1, 0.01);
  EXPECT_GT(json["error"].get<double>(), 5 * json["error_by_chance"].get<double>());
}

TEST(CalibrationJson, PutsEqualPredictionsIntoOneBin) {
  Case d;
  for (int i = 0; i < 100; ++i) {
    d.truth.push_back(i < 20);
    d.scores.insert(d.scores.end(), {0.7, 0.3});
  }
  const Json json = CalibrationJson(InputOf(d, Task::kBinary, 2));
  ASSERT_EQ(json["bins"].size(), 1u);
  EXPECT_NEAR(json["bins"][0]["observed"].get<double>(), 0.2, 1e-12);
  EXPECT_NEAR(json["bins"][0]["low"].get<double>(), 0.1334, 1e-4);  // Wilson, 20 of 100
  EXPECT_NEAR(json["bins"][0]["high"].get<double>(), 0.2888, 1e-4);
  EXPECT_NEAR(json["error"].get<double>(), 0.1, 1e-12);
}

TEST(CalibrationJson, OfARegressionIsTheCoverageOfItsIntervals) {
  Case d;
  for (int i = 0; i < 100; ++i) {
    d.truth.push_back(i);
    d.scores.push_back(i + (i < 80 ? 0.5 : 2));
  }
  EvaluateInput input = InputOf(d, Task::kRegression, 0);
  input.half_widths = {{0.8, 1.0}, {0.95, 3.0}};
  const Json json = CalibrationJson(input);
  ASSERT_EQ(json["coverage"].size(), 2u);
  EXPECT_EQ(json["coverage"][0]["observed"], 0.8);
  EXPECT_EQ(json["coverage"][1]["observed"], 1.0);
  EXPECT_LT(json["coverage"][1]["low"].get<double>(), 1.0);
}

TEST(CurvesJson, AreMonotoneThinAndEndInTheCorners) {
  const Json json = CurvesJson(InputOf(Calibrated(5000, 2), Task::kBinary, 2));
  const Json& roc = json["roc"];
  ASSERT_LE(roc.size(), 200u);
  ASSERT_GE(roc.size(), 150u);
  EXPECT_EQ(roc.front(), Json::parse("[0.0,0.0]"));
  EXPECT_EQ(roc.back(), Json::parse("[1.0,1.0]"));
  double area = 0;
  for (std::size_t i = 1; i < roc.size(); ++i) {
    EXPECT_GE(roc[i][0], roc[i - 1][0]);
    EXPECT_GE(roc[i][1], roc[i - 1][1]);
    area += (roc[i][0].get<double>() - roc[i - 1][0].get<double>()) *
            (roc[i][1].get<double>() + roc[i - 1][1].get<double>()) / 2;
  }
  const Case d = Calibrated(5000, 2);
  EXPECT_NEAR(area, metrics::DefaultMetric(Task::kBinary).compute(InputOf(d, Task::kBinary, 2).scored), 0.002);
  ASSERT_LE(json["precision_recall"].size(), 200u);
  EXPECT_EQ(json["precision_recall"].back()[0], 1.0);
}

TEST(CurvesJson, OfOneClassAreEmpty) {
  const Case d{{1, 1}, {0.5, 0.5, 0.4, 0.6}};
  EXPECT_TRUE(CurvesJson(InputOf(d, Task::kBinary, 2))["roc"].empty());
}

TEST(ResidualsJson, DescribesHowFarOff) {
  Case d;
  for (int i = 0; i < 1000; ++i) {
    d.truth.push_back(i);
    d.scores.push_back(i - (i % 100 + 1));  // residuals 1..100
  }
  const Json json = ResidualsJson(InputOf(d, Task::kRegression, 0));
  EXPECT_EQ(json["within"][0]["error"], 50.0);
  EXPECT_EQ(json["within"][3]["error"], 95.0);
  std::int64_t rows = 0;
  for (const Json& c : json["histogram"]["counts"]) rows += c.get<std::int64_t>();
  EXPECT_EQ(rows, 1000);
  EXPECT_EQ(json["histogram"]["edges"].size(), 41u);
  EXPECT_EQ(json["examples"].size(), 400u);
  ASSERT_EQ(json["by_prediction"].size(), 10u);
  for (const Json& bin : json["by_prediction"]) {
    EXPECT_EQ(bin["rows"], 100);
    EXPECT_LE(bin["low"], bin["mean_residual"]);
  }
}

TEST(ResidualsJson, OfOneRowOrAllEqualIsDefined) {
  const Case one{{3}, {3}};
  EXPECT_EQ(ResidualsJson(InputOf(one, Task::kRegression, 0))["histogram"]["counts"], Json::parse("[1]"));
  EXPECT_TRUE(ResidualsJson(InputOf({}, Task::kRegression, 0)).is_null());
}

TEST(ThresholdsJson, CountsAndValuesEveryThreshold) {
  const Case d{{0, 1, 1, 0}, {0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7}};
  EvaluateInput input = InputOf(d, Task::kBinary, 2);
  input.scored.threshold = 0.75;
  const std::vector<double> baseline{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
  input.baseline_scores = baseline;
  const Json json = ThresholdsJson(input, kCosts);
  EXPECT_EQ(json["chosen"], 0.75);
  EXPECT_EQ(json["per_rows"], 1000);
  EXPECT_NEAR(json["value_model"].get<double>(), (40.0 - 25.0) / 4 * 1000, 1e-9);
  EXPECT_NEAR(json["value_nothing"].get<double>(), -50.0 / 4 * 1000, 1e-9);
  EXPECT_NEAR(json["value_baseline"].get<double>(), (80.0 - 16.0) / 4 * 1000, 1e-9);  // all positive
  bool chosen_shown = false;
  for (const Json& p : json["points"]) {
    EXPECT_EQ(p["true_positive"].get<int>() + p["false_negative"].get<int>(), 2);
    EXPECT_EQ(p["false_positive"].get<int>() + p["true_negative"].get<int>(), 2);
    if (p["threshold"] != 0.75) continue;
    chosen_shown = true;
    EXPECT_EQ(p["true_positive"], 1);
    EXPECT_EQ(p["false_positive"], 0);
  }
  EXPECT_TRUE(chosen_shown);
  const Json plain = ThresholdsJson(input, nullptr);
  EXPECT_TRUE(plain["value_model"].is_null());
  EXPECT_TRUE(plain["points"][0]["value"].is_null());
}

}  // namespace
}  // namespace tagwerk::evaluate
