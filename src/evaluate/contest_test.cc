// Comparison of two models: figures computed with SciPy, and behaviour where the truth is known.
#include "evaluate/contest.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::evaluate {
namespace {

TEST(ContestOnFolds, AgreesWithTheFormulas) {
  // d = [.01, .03, .02, .05, .01], test / train = 1/4:
  // m = d.mean(); s = np.sqrt((1/5 + 1/4) * d.var(ddof=1)); t = m / s
  // 2 * scipy.stats.t.sf(t, 4) = 0.0993006832; scipy.stats.t.cdf((m - 0.01) / s, 4) = 0.8598221783
  const std::vector<double> d{0.01, 0.03, 0.02, 0.05, 0.01};
  const Contest c = ContestOnFolds(d, 0.25, 0.01);
  EXPECT_NEAR(c.difference, 0.024, 1e-12);
  EXPECT_NEAR(c.p_value, 0.0993006832, 1e-8);
  EXPECT_NEAR(c.probability_better, 0.8598221783, 1e-8);
  EXPECT_NEAR(c.low, -0.00716552, 1e-7);
  EXPECT_NEAR(c.high, 0.05516552, 1e-7);
}

TEST(ContestOnFolds, OfEqualFoldsIsCertain) {
  EXPECT_EQ(ContestOnFolds(std::vector<double>{0.1, 0.1, 0.1}, 0.5, 0.05).probability_better, 1);
  EXPECT_EQ(ContestOnFolds(std::vector<double>{0, 0}, 0.5, 0).p_value, 1);
  EXPECT_EQ(ContestOnFolds(std::vector<double>{0.2}, 0.5, 0).p_value, 1);
}

EvaluateInput Numbers(const std::vector<double>& truth, const std::vector<double>& scores) {
  EvaluateInput input;
  input.scored.task = Task::kRegression;
  input.scored.truth = truth;
  input.scored.scores = scores;
  return input;
}

TEST(ContestOnRows, SeesADifferenceAndTheMargin) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  Random random(4);
  std::vector<double> truth, good, bad;
  for (int i = 0; i < 2000; ++i) {
    truth.push_back(random.Normal());
    good.push_back(truth.back() + 0.5 * random.Normal());
    bad.push_back(truth.back() + random.Normal());
  }
  const auto metric = *metrics::FindMetric("rmse", Task::kRegression);
  const Contest c = ContestOnRows(context, Numbers(truth, good), Numbers(truth, bad), *metric, 0.1);
  EXPECT_NEAR(c.difference, 0.5, 0.05);
  EXPECT_GT(c.low, 0.4);
  EXPECT_LT(c.p_value, 0.001);
  EXPECT_EQ(c.probability_better, 1);
  EXPECT_LT(ContestOnRows(context, Numbers(truth, good), Numbers(truth, bad), *metric, 0.6).probability_better, 0.05);
  const Contest turned = ContestOnRows(context, Numbers(truth, bad), Numbers(truth, good), *metric, 0.1);
  EXPECT_NEAR(turned.difference, -c.difference, 1e-12);
  EXPECT_EQ(turned.probability_better, 0);
  const Contest same = ContestOnRows(context, Numbers(truth, bad), Numbers(truth, bad), *metric, 0);
  EXPECT_EQ(same.p_value, 1);
  EXPECT_EQ(same.probability_better, 0.5);
}

}  // namespace
}  // namespace tagwerk::evaluate
