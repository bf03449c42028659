// Parity with scikit-learn 1.9 (reference numbers made from the same generator), and properties.
#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::metrics {
namespace {

struct Data {
  std::vector<double> truth, scores, weight;
  Scored scored;
};

double HalfSteps(Random& random) { return std::floor(random.Uniform() * 5) / 2; }

Data Binary(std::uint64_t seed, int n, bool ties, double share, bool weighted) {
  Random random(seed);
  Data d;
  for (int i = 0; i < n; ++i) {
    const double t = random.Uniform() < share ? 1 : 0;
    const double a = random.Uniform(), b = random.Uniform();
    double p = 0.02 + 0.96 * (0.6 * a + 0.4 * t * b);
    if (ties) p = std::floor(p * 20) / 20 + 0.01;
    d.truth.push_back(t);
    d.scores.insert(d.scores.end(), {1 - p, p});
    d.weight.push_back(HalfSteps(random));
  }
  if (!weighted) d.weight.clear();
  return d;
}

Data Multiclass(std::uint64_t seed, int n, int k, bool ties, bool missing, bool weighted) {
  Random random(seed);
  Data d;
  for (int i = 0; i < n; ++i) {
    const int t = int(random.Below(std::uint64_t(missing ? k - 1 : k)));
    std::vector<double> row;
    double sum = 0;
    for (int c = 0; c < k; ++c) {
      double v = random.Uniform() + (c == t ? 0.5 : 0);
      if (ties) v = std::floor(v * 4) / 4 + 0.25;
      row.push_back(v);
      sum += v;
    }
    for (double& v : row) v /= sum;
    d.truth.push_back(t);
    d.scores.insert(d.scores.end(), row.begin(), row.end());
    d.weight.push_back(HalfSteps(random));
  }
  if (!weighted) d.weight.clear();
  return d;
}

Data Numbers(std::uint64_t seed, int n, bool weighted) {
  Random random(seed);
  Data d;
  for (int i = 0; i < n; ++i) {
    const double a = random.Uniform(), b = random.Uniform();
    const double t = 1000 * a * b + 0.5;
    d.truth.push_back(t);
    d.scores.push_back(t * (0.7 + 0.6 * random.Uniform()));
    d.weight.push_back(HalfSteps(random));
  }
  if (!weighted) d.weight.clear();
  return d;
}

Scored View(const Data& d, Task task, int k) {
  Scored s;
  s.task = task;
  s.num_classes = k;
  s.truth = d.truth;
  s.scores = d.scores;
  s.weight = d.weight;
  return s;
}

double Value(const char* id, const Scored& scored) { return (*FindMetric(id, scored.task))->compute(scored); }

void ExpectAll(const Scored& scored, const std::vector<const char*>& ids, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    EXPECT_NEAR(Value(ids[i], scored), expected[i], 1e-9 * std::max(1.0, std::abs(expected[i]))) << ids[i];
}

TEST(BinaryMetrics, AgreeWithScikitLearnWithTiesAndWeights) {
  struct Case {
    std::uint64_t seed;
    int n;
    bool ties;
    double share;
    bool weighted;
  };
  const std::vector<std::pair<Case, std::vector<double>>> cases = {
      {{1, 200, false, 0.3, false},
       {0.6992307692307692, 0.6692038589168745, 0.5869008153729252, 0.1969273060755046, 0.695, 0.6335164835164835,
        0.49586776859504134, 0.5882352941176471, 0.42857142857142855, 0.2922182631913336}},
      {{2, 200, true, 0.3, false},
       {0.8278976091476091, 0.7150506553134108, 0.46319561207134485, 0.14822500000000002, 0.795, 0.7492203742203742,
        0.6238532110091743, 0.5964912280701754, 0.6538461538461539, 0.4843291655967201}},
      {{3, 1000, true, 0.1, true},
       {0.7471811433247604, 0.41045263019711564, 0.41703194011892325, 0.1311674800796813, 0.7973107569721115,
        0.6377776478840309, 0.28970331588132636, 0.21558441558441557, 0.44148936170212766, 0.20390776099234637}},
      {{4, 57, false, 0.5, true},
       {0.6571428571428571, 0.6545669166621713, 0.6125760874607878, 0.21263769672840788, 0.6060606060606061,
        0.5852678571428571, 0.48, 0.45, 0.5142857142857142, 0.166143498902614}},
      {{5, 5000, true, 0.02, true},
       {0.7990712355073378, 0.3894743778399553, 0.3855579416683419, 0.11769404466501242, 0.8198511166253102,
        0.6916137727154161, 0.11764705882352941, 0.06576086956521739, 0.5576036866359447, 0.14399263464324552}},
  };
  for (const auto& [c, expected] : cases) {
    SCOPED_TRACE(c.seed);
    const Data d = Binary(c.seed, c.n, c.ties, c.share, c.weighted);
    ExpectAll(View(d, Task::kBinary, 2),
              {"auc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy", "f1", "precision",
               "recall", "mcc"},
              expected);
  }
}

TEST(MulticlassMetrics, AgreeWithScikitLearnAlsoWithoutRowsOfAClass) {
  struct Case {
    std::uint64_t seed;
    int n, k;
    bool ties, missing, weighted;
  };
  const std::vector<std::pair<Case, std::vector<double>>> cases = {
      {{11, 300, 3, false, false, false},
       {0.6887308648019402, 0.77, 0.7680341565650844, 0.7681284625193235, 0.9337022659740715, 0.6537740820176352,
        0.6536318457908739}},
      {{12, 300, 4, true, false, true},
       {0.9876507502042734, 0.743859649122807, 0.747671101260619, 0.7450187234470744, 0.9230511625048149,
        0.6652959628770337, 0.6587764005461546}},
      {{13, 400, 5, true, true, true},
       {1.2037609792194206, 0.6895261845386533, 0.681054956631071, 0.5584361114766787, 0.9044971455972267,
        0.5956972948838335, 0.5883720642615976}},
      {{14, 2000, 10, false, false, true},
       {1.724874448526474, 0.6077487971638389, 0.6084714293498111, 0.6076506995265711, 0.8950623065234723,
        0.564234949089366, 0.5641029386739895}},
  };
  for (const auto& [c, expected] : cases) {
    SCOPED_TRACE(c.seed);
    const Data d = Multiclass(c.seed, c.n, c.k, c.ties, c.missing, c.weighted);
    ExpectAll(View(d, Task::kMulticlass, c.k),
              {"log_loss", "accuracy", "balanced_accuracy", "f1_macro", "auc_ovr", "mcc", "kappa"}, expected);
  }
}

TEST(RegressionMetrics, AgreeWithScikitLearn) {
  struct Case {
    std::uint64_t seed;
    int n;
    bool weighted;
  };
  const std::vector<std::pair<Case, std::vector<double>>> cases = {
      {{21, 100, false},
       {42.670497157991306, 28.729938497549423, 0.9592595334631121, 0.1303030426380561, 20.453253209326295,
        0.15231990702067566}},
      {{22, 101, true},
       {69.10901319789212, 42.77851776133502, 0.9312917829392692, 0.14687684883793467, 24.26404818000202,
        0.17219211262107417}},
      {{23, 3000, true},
       {58.984113778449505, 38.1313126657045, 0.9291816535097905, 0.14882158978465893, 19.976968154439376,
        0.17147139570831635}},
      {{24, 40, true},
       {52.41796525300077, 33.04140797871963, 0.9268552221778359, 0.11855268912722977, 15.08902415518908,
        0.1417032355796829}},
  };
  for (const auto& [c, expected] : cases) {
    SCOPED_TRACE(c.seed);
    const Data d = Numbers(c.seed, c.n, c.weighted);
    ExpectAll(View(d, Task::kRegression, 0), {"rmse", "mae", "r2", "mape", "median_ae", "rmsle"}, expected);
  }
}

TEST(Metrics, EceOfHandMadeBinsIsTheMeanGap) {
  // 15 bins of 2 rows, each with probability p and one positive: gap |p - 0.5|.
  Data d;
  double expected = 0;
  for (int b = 0; b < 15; ++b) {
    const double p = (b + 0.5) / 15;
    for (const double t : {0.0, 1.0}) {
      d.truth.push_back(t);
      d.scores.insert(d.scores.end(), {1 - p, p});
    }
    expected += std::abs(p - 0.5) / 15;
  }
  EXPECT_NEAR(Value("ece", View(d, Task::kBinary, 2)), expected, 1e-12);
}

TEST(Metrics, EceOfAConstantDoesNotDependOnTheOrderOfRows) {
  Data d;
  for (int i = 0; i < 100; ++i) {
    d.truth.push_back(i < 30);
    d.scores.insert(d.scores.end(), {0.7, 0.3});
  }
  EXPECT_NEAR(Value("ece", View(d, Task::kBinary, 2)), 0.0, 1e-12);
}

TEST(Metrics, CountsAreTheSameAsRepeatedRows) {
  for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    for (const bool weighted : {false, true}) {
      const Data d = task == Task::kBinary       ? Binary(3, 200, true, 0.4, weighted)
                     : task == Task::kMulticlass ? Multiclass(4, 200, 4, true, false, weighted)
                                                 : Numbers(5, 200, weighted);
      const int k = task == Task::kBinary ? 2 : task == Task::kMulticlass ? 4 : 0;
      const std::size_t width = k == 0 ? 1 : std::size_t(k);
      Random random(9);
      std::vector<std::uint8_t> counts(200);
      Data repeated;
      for (std::size_t i = 0; i < 200; ++i) {
        counts[i] = std::uint8_t(random.Below(4));
        for (int c = 0; c < counts[i]; ++c) {
          repeated.truth.push_back(d.truth[i]);
          if (weighted) repeated.weight.push_back(d.weight[i]);
          for (std::size_t j = 0; j < width; ++j) repeated.scores.push_back(d.scores[i * width + j]);
        }
      }
      const Scored scored = View(d, task, k);
      for (const Metric* metric : MetricsOf(task)) {
        EXPECT_NEAR(metric->prepare(scored)->At(counts), metric->compute(View(repeated, task, k)), 1e-9) << metric->id;
      }
    }
  }
}

TEST(Metrics, AreUndefinedRatherThanInvented) {
  Data one;
  one.truth = {1, 1, 1};
  one.scores = {0.2, 0.8, 0.6, 0.4, 0.3, 0.7};
  const Scored scored = View(one, Task::kBinary, 2);
  for (const char* id : {"auc", "mcc"}) EXPECT_TRUE(std::isnan(Value(id, scored))) << id;
  EXPECT_NEAR(Value("recall", scored), 2.0 / 3, 1e-12);
  Data none;
  none.truth = {0, 1};
  none.scores = {0.9, 0.1, 0.8, 0.2};
  EXPECT_TRUE(std::isnan(Value("precision", View(none, Task::kBinary, 2))));
  EXPECT_EQ(Value("f1", View(none, Task::kBinary, 2)), 0.0);
  Data zero;
  zero.truth = {0, 0};
  zero.scores = {1, 2};
  for (const char* id : {"mape", "r2"}) EXPECT_TRUE(std::isnan(Value(id, View(zero, Task::kRegression, 0)))) << id;
  Data negative;
  negative.truth = {-1, 2};
  negative.scores = {1, 2};
  EXPECT_TRUE(std::isnan(Value("rmsle", View(negative, Task::kRegression, 0))));
}

TEST(Metrics, OfNoRowsOrBrokenScoresAreUndefined) {
  for (const Metric& metric : AllMetrics()) {
    for (const Task task : metric.tasks) {
      const int k = task == Task::kRegression ? 0 : task == Task::kBinary ? 2 : 3;
      Data empty, broken;
      EXPECT_TRUE(std::isnan(metric.compute(View(empty, task, k)))) << metric.id;
      broken.truth = {0, 1, 0, 1};
      broken.scores.assign(4 * std::size_t(std::max(k, 1)), 0.5);
      for (double& s : broken.scores) s = std::nan("");
      EXPECT_TRUE(std::isnan(metric.compute(View(broken, task, k)))) << metric.id;
    }
  }
}

TEST(Metrics, PerfectPredictionsReachThePerfectValue) {
  Data d;
  d.truth = {0, 1, 1, 0, 1};
  for (const double t : d.truth) d.scores.insert(d.scores.end(), {1 - t, t});
  for (const Metric* metric : MetricsOf(Task::kBinary))
    EXPECT_NEAR(metric->compute(View(d, Task::kBinary, 2)), metric->perfect, 1e-12) << metric->id;
  Data numbers = Numbers(1, 50, false);
  numbers.scores = numbers.truth;
  for (const Metric* metric : MetricsOf(Task::kRegression))
    EXPECT_NEAR(metric->compute(View(numbers, Task::kRegression, 0)), metric->perfect, 1e-12) << metric->id;
}

TEST(Metrics, PositiveClassAndThresholdAreRespected) {
  const Data d = Binary(7, 300, false, 0.3, false);
  Scored one = View(d, Task::kBinary, 2), zero = one;
  zero.positive = 0;
  EXPECT_NEAR(Value("auc", one), Value("auc", zero), 1e-12);
  EXPECT_NE(Value("recall", one), Value("recall", zero));
  one.threshold = 0;
  EXPECT_EQ(Value("recall", one), 1.0);
}

TEST(FindMetric, SaysWhatThereIs) {
  const auto wrong = FindMetric("auk", Task::kBinary);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().id(), "unknown-metric");
  EXPECT_EQ(wrong.error().exit_code(), 2);
  EXPECT_EQ(wrong.error().similar().at(0), "auc");
  EXPECT_FALSE(FindMetric("rmse", Task::kBinary).has_value());
  EXPECT_EQ(DefaultMetric(Task::kBinary).id, "auc");
  EXPECT_EQ(DefaultMetric(Task::kMulticlass).id, "log_loss");
  EXPECT_EQ(DefaultMetric(Task::kRegression).id, "rmse");
  EXPECT_GT(Improvement(DefaultMetric(Task::kRegression), 2, 1), 0);
}

}  // namespace
}  // namespace tagwerk::metrics
