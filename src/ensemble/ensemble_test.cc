#include "ensemble/ensemble.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"

namespace tagwerk::ensemble {
namespace {

struct Models {
  std::vector<double> truth;
  std::vector<std::vector<double>> scores;
  EnsembleInput input;
};

const metrics::Metric* Metric(const char* id, Task task) { return *metrics::FindMetric(id, task); }

// Models that see the truth through independent noise of their own: their mean is better than each.
Models Numbers(int n, const std::vector<double>& noise, std::uint64_t seed) {
  Models s;
  Random random(seed);
  for (int i = 0; i < n; ++i) s.truth.push_back(random.Normal());
  for (const double sd : noise) {
    s.scores.emplace_back();
    for (int i = 0; i < n; ++i) s.scores.back().push_back(s.truth[std::size_t(i)] + sd * random.Normal());
  }
  s.input.truth.task = Task::kRegression;
  s.input.metric = Metric("rmse", Task::kRegression);
  return s;
}

Models Classes(int n, int k, const std::vector<double>& noise, std::uint64_t seed, const char* metric) {
  Models s;
  Random random(seed);
  std::vector<double> margin;
  for (int i = 0; i < n; ++i) s.truth.push_back(double(random.Below(std::uint64_t(k))));
  for (const double sd : noise) {
    s.scores.emplace_back();
    for (int i = 0; i < n; ++i) {
      std::vector<double> row;
      double sum = 0;
      for (int c = 0; c < k; ++c) {
        row.push_back(std::exp((c == s.truth[std::size_t(i)] ? 1.0 : 0.0) + sd * random.Normal()));
        sum += row.back();
      }
      for (const double v : row) s.scores.back().push_back(v / sum);
    }
  }
  s.input.truth.task = k == 2 ? Task::kBinary : Task::kMulticlass;
  s.input.truth.num_classes = k;
  s.input.metric = Metric(metric, s.input.truth.task);
  return s;
}

Ensemble Select(Models& s, int threads = 1) {
  s.input.truth.truth = s.truth;
  s.input.candidates.clear();
  for (const auto& scores : s.scores) s.input.candidates.push_back(scores);
  Pool pool(threads);
  Context context;
  context.pool = &pool;
  return GreedySelect(context, s.input);
}

TEST(GreedySelect, WeighsIndependentModelsByTheirPrecision) {
  Models s = Numbers(4000, {0.5, 0.5, 1.0}, 1);
  const Ensemble e = Select(s);
  ASSERT_EQ(e.members.size(), 3u) << e.reason;
  EXPECT_NEAR(std::accumulate(e.weights.begin(), e.weights.end(), 0.0), 1.0, 1e-12);
  // Inverse variances: 4 : 4 : 1, drawn a tenth of the way to equal weights.
  for (std::size_t m = 0; m < 3; ++m) {
    const double best = e.members[m] == 2 ? 1.0 / 9 : 4.0 / 9;
    EXPECT_NEAR(e.weights[m], 0.9 * best + 0.1 / 3, 0.04) << e.members[m];
  }
  EXPECT_NEAR(e.score, 1 / 3.0, 0.02);  // sd of the optimal blend: 1 / sqrt(4 + 4 + 1)
  EXPECT_LT(e.score, e.best_single);
}

TEST(GreedySelect, ImprovesEveryKindOfMetric) {
  for (const char* id : {"auc", "log_loss", "average_precision", "brier", "accuracy"}) {
    Models s = Classes(3000, 2, {1.0, 1.0, 1.2, 1.5}, 2, id);
    const Ensemble e = Select(s);
    EXPECT_GE(e.members.size(), 2u) << id << ": " << e.reason;
    EXPECT_GT(metrics::Improvement(*s.input.metric, e.best_single, e.score), 0) << id;
  }
  for (const char* id : {"log_loss", "auc_ovr", "kappa"}) {
    Models s = Classes(3000, 4, {1.0, 1.0, 1.2}, 3, id);
    EXPECT_GE(Select(s).members.size(), 2u) << id;
  }
  for (const char* id : {"mae", "r2", "median_ae"}) {
    Models s = Numbers(3000, {0.5, 0.6, 0.7}, 4);
    s.input.metric = Metric(id, Task::kRegression);
    EXPECT_GE(Select(s).members.size(), 2u) << id;
  }
}

TEST(GreedySelect, KeepsTheBestModelWhenOthersAddNothing) {
  // The second is the first plus noise: nothing to gain.
  Models s = Numbers(2000, {0.3}, 5);
  Random random(6);
  s.scores.push_back(s.scores[0]);
  for (double& v : s.scores[1]) v += 0.3 * random.Normal();
  const Ensemble e = Select(s);
  EXPECT_EQ(e.members, (std::vector<std::size_t>{0}));
  EXPECT_EQ(e.score, e.best_single);
  EXPECT_FALSE(e.reason.empty());
}

TEST(GreedySelect, RarelyBlendsModelsThatAreEquallyWorthless) {
  // Pure noise: a blend can only fit the validation rows. The guard must hold in most runs.
  int blended = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Models s = Numbers(200, {}, seed);
    Random random(1000 + seed);
    for (int m = 0; m < 10; ++m) {
      s.scores.emplace_back();
      for (int i = 0; i < 200; ++i) s.scores.back().push_back(0.01 * random.Normal());
    }
    s.input.metric = Metric("r2", Task::kRegression);
    const Ensemble e = Select(s);
    if (e.members.size() > 1) ++blended;
  }
  EXPECT_LE(blended, 14);
}

TEST(GreedySelect, FindsTheBestModelWhateverTheOrder) {
  Models s = Classes(1000, 2, {3.0, 0.5}, 7, "log_loss");
  const Ensemble e = Select(s);
  EXPECT_EQ(e.members.front(), 1u);
}

TEST(GreedySelect, GivesTheSameForAnyNumberOfThreads) {
  Models s = Classes(2000, 3, {1, 1.1, 1.2, 1.3, 1.4}, 8, "log_loss");
  const Ensemble one = Select(s, 1), four = Select(s, 4);
  EXPECT_EQ(one.members, four.members);
  EXPECT_EQ(one.weights, four.weights);
  EXPECT_EQ(one.score, four.score);
}

TEST(GreedySelect, CopesWithFewRowsBrokenModelsAndWeights) {
  Models tiny = Numbers(10, {0.5, 0.5}, 9);
  EXPECT_EQ(Select(tiny).members.size(), 1u);
  Models broken = Numbers(500, {0.5, 0.5, 0.5}, 10);
  broken.scores[0][3] = std::nan("");
  const Ensemble e = Select(broken);
  for (const std::size_t m : e.members) EXPECT_NE(m, 0u);
  Models none = Numbers(50, {0.5}, 11);
  none.scores[0][0] = std::nan("");
  EXPECT_EQ(Select(none).members, (std::vector<std::size_t>{0}));
  Models weighted = Numbers(2000, {0.5, 0.5}, 12);
  std::vector<double> weight(2000, 0.0);
  for (std::size_t i = 0; i < 1000; ++i) weight[i] = 1;
  for (std::size_t i = 1000; i < 2000; ++i) weighted.scores[0][i] = 1e6;  // must not matter
  weighted.input.truth.weight = weight;
  EXPECT_EQ(Select(weighted).members.size(), 2u);
}

TEST(GreedySelect, TakesSeveralOfTwentyFiveEquallyGoodModelsOnManyRows) {
  Models s = Classes(65000, 2, std::vector<double>(25, 1.0), 13, "auc");
  const Ensemble e = Select(s, 2);
  EXPECT_GT(e.members.size(), 1u);
  EXPECT_NEAR(std::accumulate(e.weights.begin(), e.weights.end(), 0.0), 1, 1e-12);
}

}  // namespace
}  // namespace tagwerk::ensemble
