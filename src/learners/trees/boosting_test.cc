#include "learners/trees/boosting_fixture.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "learners/trees/test_data.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {
namespace {

// Squared-loss trees by exhaustive search over raw values: no bins, no histograms, no quantisation.
struct Reference {
  const std::vector<std::vector<double>>& x;
  std::vector<double> residual;
  std::size_t least;

  struct Leaf {
    std::vector<std::size_t> rows;
    double gain = 0, cut = 0;
    std::size_t column = 0;
  };
  void FindSplit(Leaf& leaf) const {
    double all = 0;
    for (const std::size_t i : leaf.rows) all += residual[i];
    const double n = double(leaf.rows.size());
    for (std::size_t j = 0; j < x.size(); ++j) {
      std::vector<std::size_t> order = leaf.rows;
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[j][a] < x[j][b]; });
      double left = 0;
      for (std::size_t k = 1; k < order.size(); ++k) {
        left += residual[order[k - 1]];
        if (x[j][order[k - 1]] == x[j][order[k]] || k < least || order.size() - k < least) continue;
        const double l = double(k);
        const double gain = left * left / l + (all - left) * (all - left) / (n - l) - all * all / n;
        if (gain > leaf.gain * (1 + 1e-9)) {
          leaf.gain = gain;
          leaf.column = j;
          leaf.cut = x[j][order[k - 1]];
        }
      }
    }
  }
  void AddTree(double rate, int leaves) {
    std::vector<Leaf> open(1);
    for (std::size_t i = 0; i < residual.size(); ++i) open[0].rows.push_back(i);
    FindSplit(open[0]);
    while (int(open.size()) < leaves) {
      auto top =
          std::max_element(open.begin(), open.end(), [](const Leaf& a, const Leaf& b) { return a.gain < b.gain; });
      if (top->gain <= 0) break;
      Leaf left, right;
      for (const std::size_t i : top->rows) (x[top->column][i] <= top->cut ? left : right).rows.push_back(i);
      open.erase(top);
      FindSplit(left);
      FindSplit(right);
      open.push_back(left);
      open.push_back(right);
    }
    for (const Leaf& leaf : open) {
      double sum = 0;
      for (const std::size_t i : leaf.rows) sum += residual[i];
      for (const std::size_t i : leaf.rows) residual[i] -= rate * sum / double(leaf.rows.size());
    }
  }
};

TEST(GradientBoosting, EqualsTreesFoundByExhaustiveSearch) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Random random(seed);
    Sample s;
    std::vector<std::vector<double>> x(3, std::vector<double>(150));
    for (auto& column : x) {
      for (double& v : column) v = double(random.Below(14)) * 0.5;  // fewer values than bins
    }
    double mean = 0;
    for (std::size_t i = 0; i < 150; ++i) {
      s.y.push_back(x[0][i] * x[1][i] - x[2][i] + random.Normal());
      mean += s.y.back() / 150;
    }
    for (const auto& column : x) s.AddNumeric(column);
    BoostingSettings settings = Small(10, 4);
    settings.grow.max_leaves = 8;
    const model::Fitted fitted = Fit(s.Data(), settings);
    const std::vector<double> ours = PredictAll(*fitted.model, s.x);
    Reference reference{x, {}, 4};
    for (const double y : s.y) reference.residual.push_back(y - mean);
    for (int t = 0; t < 10; ++t) reference.AddTree(0.1, 8);
    for (std::size_t i = 0; i < 150; ++i) EXPECT_NEAR(ours[i], s.y[i] - reference.residual[i], 1e-3) << seed;
  }
}

struct TaskCase {
  Task task;
  int classes;
};
const TaskCase kTasks[] = {{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 4}};

TEST(GradientBoosting, IsBitEqualForAnyNumberOfThreads) {
  for (const TaskCase& c : kTasks) {
    Sample s = MakeSample(40000, c.task, c.classes, 5, 11);
    BoostingSettings settings = Small(6);
    settings.parallel_cells = 0;
    settings.subsample = 0.8;
    settings.colsample = 0.7;
    const std::string one = Bytes(*Fit(s.Data(), settings, 1).model);
    EXPECT_EQ(one, Bytes(*Fit(s.Data(), settings, 2).model));
    EXPECT_EQ(one, Bytes(*Fit(s.Data(), settings, 3).model));
    settings.parallel_cells = ~std::size_t{0};
    EXPECT_EQ(one, Bytes(*Fit(s.Data(), settings, 2).model));
  }
}

TEST(GradientBoosting, IsBitEqualUnderEveryInstructionSet) {
  for (const TaskCase& c : kTasks) {
    Sample s = MakeSample(2000, c.task, c.classes, 6);
    const std::string best = Bytes(*Fit(s.Data(), Small(8)).model);
    for (std::int64_t targets = hwy::SupportedTargets(), t; targets != 0; targets &= targets - 1) {
      t = targets & -targets;
      hwy::SetSupportedTargetsForTest(t);
      hwy::GetChosenTarget().Update(t);
      EXPECT_EQ(best, Bytes(*Fit(s.Data(), Small(8)).model)) << hwy::TargetName(t);
      hwy::SetSupportedTargetsForTest(0);
    }
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

TEST(GradientBoosting, DoesNotDependOnTheOrderOfRows) {
  Sample s = MakeSample(3000, Task::kBinary, 2, 7);
  const model::Fitted fitted = Fit(s.Data(), Small());
  const std::vector<double> first = PredictAll(*fitted.model, s.x);
  std::vector<std::size_t> order(3000);
  for (std::size_t i = 0; i < 3000; ++i) order[i] = i;
  Random random(1);
  Shuffle(order, random);
  Sample shuffled;
  shuffled.task = s.task;
  shuffled.classes = s.classes;
  for (const auto& c : s.columns) {
    if (c.is_category()) {
      std::vector<std::int32_t> v;
      for (const std::size_t i : order) v.push_back((*c.codes)[i]);
      shuffled.AddCategory(v, c.num_categories);
    } else {
      std::vector<double> v;
      for (const std::size_t i : order) v.push_back((*c.numeric)[i]);
      shuffled.AddNumeric(v);
    }
  }
  for (const std::size_t i : order) shuffled.y.push_back(s.y[i]);
  const model::Fitted again = Fit(shuffled.Data(), Small());
  const std::vector<double> second = PredictAll(*again.model, s.x);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(first[i], second[i], 1e-6);
}

TEST(GradientBoosting, WeightTwoEqualsTheRowTwice) {
  Sample once = MakeSample(400, Task::kRegression, 0, 8), twice = once;
  once.weight.assign(400, 1.0);
  for (auto& c : twice.columns) {
    if (c.is_category()) {
      auto v = *c.codes;
      v.insert(v.end(), c.codes->begin(), c.codes->begin() + 100);
      c.codes = std::make_shared<const std::vector<std::int32_t>>(v);
    } else {
      auto v = *c.numeric;
      v.insert(v.end(), c.numeric->begin(), c.numeric->begin() + 100);
      c.numeric = std::make_shared<const std::vector<double>>(v);
    }
  }
  for (std::size_t i = 0; i < 100; ++i) {
    once.weight[i] = 2;
    twice.y.push_back(twice.y[i]);
  }
  BoostingSettings settings = Small(5, 1);
  settings.bins.max_bins = 40;
  settings.grow.max_leaves = 4;
  settings.grow.split.category_smoothing = 0;
  settings.learning_rate = 1;
  // Bins come from rows, not weights: give both the same ones through few distinct values.
  for (Sample* s : {&once, &twice}) {
    for (auto& c : s->columns) {
      if (c.is_category()) continue;
      std::vector<double> v = *c.numeric;
      for (double& a : v) a = std::round(a * 3);
      c.numeric = std::make_shared<const std::vector<double>>(v);
    }
  }
  const std::vector<double> a = PredictAll(*Fit(once.Data(), settings).model, once.x);
  const std::vector<double> b = PredictAll(*Fit(twice.Data(), settings).model, once.x);
  for (std::size_t i = 0; i < 400; ++i) EXPECT_NEAR(a[i], b[i], 1e-3);
  // The same rows named twice in train_rows weigh twice, too.
  once.weight.clear();
  model::TrainingData data = once.Data();
  for (model::RowIndex i = 0; i < 100; ++i) once.rows.push_back(i);
  data.train_rows = once.rows;
  const std::vector<double> d = PredictAll(*Fit(data, settings).model, once.x);
  for (std::size_t i = 0; i < 400; ++i) EXPECT_NEAR(a[i], d[i], 1e-3);
}

TEST(GradientBoosting, RowsOfWeightZeroDoNotTeach) {
  Sample s = MakeSample(500, Task::kRegression, 0, 9);
  s.weight.assign(500, 1.0);
  for (std::size_t i = 250; i < 500; ++i) {
    s.weight[i] = 0;
    s.y[i] = 1e6;
  }
  for (const double p : PredictAll(*Fit(s.Data(), Small()).model, s.x)) EXPECT_LT(std::abs(p), 100);
}

TEST(GradientBoosting, ConstantTargetsGiveConstantPredictions) {
  Sample s = MakeSample(300, Task::kRegression, 0, 10);
  s.y.assign(300, 7.25);
  for (const double p : PredictAll(*Fit(s.Data(), Small()).model, s.x)) EXPECT_EQ(p, 7.25);
  Sample b = MakeSample(300, Task::kBinary, 2, 10);
  b.y.assign(300, 1.0);
  const std::vector<double> p = PredictAll(*Fit(b.Data(), Small()).model, b.x);
  for (std::size_t i = 0; i < 300; ++i) EXPECT_GT(p[2 * i + 1], 1 - 1e-9);
}

TEST(GradientBoosting, LearnsTargetsOfAnySizeAndOffset) {
  Sample plain = MakeSample(500, Task::kRegression, 0, 19);
  const std::vector<double> expected = PredictAll(*Fit(plain.Data(), Small()).model, plain.x);
  for (const auto& [scale, offset] : {std::pair{0x1p950, 0.0}, {0x1p-950, 0.0}, {1.0, 0x1p33}, {0x1p50, 0.0}}) {
    Sample s = plain;
    for (double& y : s.y) y = y * scale + offset;
    const std::vector<double> p = PredictAll(*Fit(s.Data(), Small()).model, s.x);
    for (std::size_t i = 0; i < 500; ++i) ASSERT_NEAR((p[i] - offset) / scale, expected[i], 1e-4) << scale;
  }
}

TEST(GradientBoosting, WorksOnOneRowAndOnColumnsThatSayNothing) {
  Sample one;
  one.AddNumeric({1.0});
  one.y = {3.0};
  EXPECT_EQ(PredictAll(*Fit(one.Data(), Small()).model, one.x)[0], 3.0);
  Sample dull;
  dull.AddNumeric(std::vector<double>(100, 5.0));
  dull.AddNumeric(std::vector<double>(100, kNan));
  for (int i = 0; i < 100; ++i) dull.y.push_back(i % 4);
  const model::Fitted fitted = Fit(dull.Data(), Small());
  for (const double p : PredictAll(*fitted.model, dull.x)) EXPECT_DOUBLE_EQ(p, 1.5);
  EXPECT_FALSE(fitted.stopped_early);
}

TEST(GradientBoosting, LearnsWhereMissingValuesBelong) {
  for (const double at_missing : {10.0, -10.0}) {
    Sample s;
    std::vector<double> v;
    for (int i = 0; i < 400; ++i) {
      v.push_back(i % 4 == 0 ? kNan : i * 0.01);
      s.y.push_back(i % 4 == 0 ? at_missing : (i > 200 ? 5.0 : -5.0));
    }
    s.AddNumeric(v);
    BoostingSettings settings = Small(100);
    settings.learning_rate = 0.3;
    const std::vector<double> p = PredictAll(*Fit(s.Data(), settings).model, s.x);
    EXPECT_LT(MeanAbsolute(p, s.y), 0.05);
  }
}

TEST(GradientBoosting, UnseenCategoriesAreTreatedAsMissing) {
  Sample s;
  std::vector<std::int32_t> codes;
  for (int i = 0; i < 600; ++i) {
    codes.push_back(i % 6 == 5 ? -1 : i % 6);
    s.y.push_back(i % 6 == 5 ? 4.0 : i % 2);
  }
  s.AddCategory(codes, 9);
  const model::Fitted fitted = Fit(s.Data(), Small(50));
  Sample other;
  other.AddCategory({-1, 7, 8, 1, 1000}, 9);
  other.y.assign(5, 0);
  other.Data();
  const std::vector<double> p = PredictAll(*fitted.model, other.x);
  EXPECT_NEAR(p[0], 4.0, 0.1);
  EXPECT_EQ(p[0], p[1]);
  EXPECT_EQ(p[0], p[2]);
  EXPECT_EQ(p[0], p[4]);
  EXPECT_NEAR(p[3], 1.0, 0.1);
}

TEST(GradientBoosting, AbsoluteLossBeatsSquaredOnHeavyTails) {
  Sample s = MakeSample(3000, Task::kRegression, 0, 12);
  std::vector<double> clean = s.y;
  Random random(4);
  for (double& y : s.y) y += random.Uniform() < 0.1 ? 300 * random.Normal() : 0;
  BoostingSettings squared = Small(60), absolute = squared;
  absolute.loss.loss = "absolute";
  const double e2 = MeanAbsolute(PredictAll(*Fit(s.Data(), squared).model, s.x), clean);
  const double e1 = MeanAbsolute(PredictAll(*Fit(s.Data(), absolute).model, s.x), clean);
  EXPECT_LT(e1, 0.5 * e2);
}

TEST(GradientBoosting, QuantileLossLeavesItsShareBelow) {
  Sample s = MakeSample(6000, Task::kRegression, 0, 15);
  Random random(5);
  for (std::size_t i = 0; i < s.y.size(); ++i) s.y[i] += (1 + 4 * double(i % 2)) * random.Normal();
  for (const double quantile : {0.05, 0.5, 0.9}) {
    BoostingSettings settings = Small(80);
    settings.loss.loss = "quantile";
    settings.loss.quantile = quantile;
    const std::vector<double> p = PredictAll(*Fit(s.Data(), settings).model, s.x);
    double below = 0;
    for (std::size_t i = 0; i < p.size(); ++i) below += s.y[i] <= p[i];
    EXPECT_NEAR(below / double(p.size()), quantile, 0.03) << quantile;
  }
}

// The metric of every number of rounds, each fitted on its own, says where the fit must have ended.
TEST(GradientBoosting, StopsWhereTheGivenMetricIsBest) {
  for (const auto& [task, classes, name] : {std::tuple{Task::kBinary, 2, "auc"},
                                            {Task::kBinary, 2, "log_loss"},
                                            {Task::kMulticlass, 3, "accuracy"},
                                            {Task::kRegression, 0, "r2"}}) {
    Sample s = MakeSample(900, task, classes, 61);
    model::TrainingData data = s.Data();
    data.train_rows = model::RowSpan(s.rows).first(600);
    data.valid_rows = model::RowSpan(s.rows).subspan(600);
    const metrics::Metric& metric = **metrics::FindMetric(name, task);
    BoostingSettings settings = Small(60);
    settings.learning_rate = 0.3;
    settings.stopping_metric = &metric;
    settings.patience = 60;
    std::vector<double> heard;
    settings.on_round = [&](int, double, double score) {
      heard.push_back(score);
      return false;
    };
    const model::Fitted fitted = Fit(data, settings);
    std::vector<double> out(300 * std::size_t(std::max(1, classes))), truth(s.y.begin() + 600, s.y.end());
    fitted.model->Predict(s.x, data.valid_rows, out);
    metrics::Scored scored;
    scored.task = task;
    scored.num_classes = classes;
    scored.truth = truth;
    scored.scores = out;
    const bool higher = metric.direction == Direction::kMaximize;
    const double best =
        higher ? *std::max_element(heard.begin(), heard.end()) : *std::min_element(heard.begin(), heard.end());
    EXPECT_NEAR(metric.compute(scored), best, 0.06 * std::abs(best)) << name;  // not every round decides
    EXPECT_LT(fitted.refit.values().at("n_estimators"), 60) << name;
  }
}

TEST(GradientBoosting, StopsEarlyAtTheBestRoundAndTellsHowToRefit) {
  Sample s = MakeSample(2000, Task::kBinary, 2, 13);
  model::TrainingData data = s.Data();
  data.train_rows = model::RowSpan(s.rows).first(1500);
  data.valid_rows = model::RowSpan(s.rows).subspan(1500);
  BoostingSettings settings = Small(5000);
  settings.learning_rate = 0.2;
  const model::Fitted fitted = Fit(data, settings);
  const int best = static_cast<int>(fitted.refit.values().at("n_estimators"));
  EXPECT_EQ(fitted.refit.values().at("early_stopping"), 0);
  EXPECT_LT(best, 1000);
  EXPECT_EQ(fitted.model->Summary()["trees"], best);
  EXPECT_LE(fitted.curve.size(), 201u);
  EXPECT_FALSE(fitted.stopped_early);
  // Fitting that number of rounds without validation rows gives the same trees.
  model::TrainingData again = data;
  again.valid_rows = {};
  BoostingSettings fixed = settings;
  fixed.n_estimators = best;
  fixed.early_stopping = false;
  EXPECT_EQ(Bytes(*fitted.model), Bytes(*Fit(again, fixed).model));
}

TEST(GradientBoosting, FollowsTheLossItMinimises) {
  Sample s = MakeSample(1000, Task::kMulticlass, 4, 14);
  const model::Fitted fitted = Fit(s.Data(), Small(30));
  ASSERT_GE(fitted.curve.size(), 20u);
  EXPECT_LT(fitted.curve.back().train_loss, fitted.curve.front().train_loss);
  EXPECT_TRUE(std::isnan(fitted.curve.back().valid_loss));
  const std::vector<double> p = PredictAll(*fitted.model, s.x);
  double loss = 0;
  for (std::size_t i = 0; i < 1000; ++i) loss -= std::log(p[i * 4 + std::size_t(s.y[i])]) / 1000;
  EXPECT_NEAR(loss, fitted.curve.back().train_loss, 1e-5);
}

TEST(GradientBoosting, ReturnsAUsablePrefixAtTheDeadline) {
  Sample s = MakeSample(20000, Task::kRegression, 0, 15);
  Pool pool(1);
  Context context;
  context.pool = &pool;
  context.deadline = Clock::now() - std::chrono::seconds(1);
  const auto none = FitBoosting(context, s.Data(), Small());
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE(none->stopped_early);
  const std::vector<double> p = PredictAll(*none->model, s.x);
  EXPECT_EQ(p[0], p[1]);
  context.deadline = Clock::now() + std::chrono::milliseconds(300);
  const auto some = FitBoosting(context, s.Data(), Small(100000));
  ASSERT_TRUE(some.has_value());
  EXPECT_TRUE(some->stopped_early);
  EXPECT_GT(some->model->Summary()["trees"], 0);
  EXPECT_LT(Clock::now() - context.deadline, std::chrono::seconds(30));  // all 100,000 rounds take minutes
}

TEST(GradientBoosting, LimitsOnMemoryDoNotChangeTheModel) {
  Sample s = MakeSample(3000, Task::kRegression, 0, 16);
  BoostingSettings settings = Small();
  const std::string plenty = Bytes(*Fit(s.Data(), settings).model);
  settings.grow.histogram_bytes = 1;
  EXPECT_EQ(plenty, Bytes(*Fit(s.Data(), settings).model));
}

TEST(GradientBoosting, RefusesBadRowsAndParametersWithoutCrashing) {
  Sample s = MakeSample(50, Task::kRegression, 0, 17);
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const auto fit = GradientBoosting().fit;
  model::Parameters bad;
  bad.Set("learning_rate", 5);
  EXPECT_EQ(fit(context, s.Data(), bad).error().id(), "parameter-range");
  model::TrainingData empty = s.Data();
  empty.train_rows = {};
  EXPECT_EQ(fit(context, empty, {}).error().id(), "no-rows");
  s.y[3] = kNan;
  EXPECT_EQ(fit(context, s.Data(), {}).error().id(), "target-not-finite");
}

TEST(GradientBoosting, SamplingDependsOnTheSeedOnly) {
  Sample s = MakeSample(1000, Task::kRegression, 0, 18);
  BoostingSettings settings = Small();
  settings.subsample = 0.5;
  settings.colsample = 0.5;
  settings.grow.split.random_thresholds = true;
  const std::string a = Bytes(*Fit(s.Data(), settings, 1, 1).model);
  EXPECT_EQ(a, Bytes(*Fit(s.Data(), settings, 1, 1).model));
  EXPECT_NE(a, Bytes(*Fit(s.Data(), settings, 1, 2).model));
}

TEST(GradientBoosting, DescribesAndEstimatesItself) {
  model::Parameters p;
  p.Set("max_leaf_nodes", 63);
  p.Set("learning_rate", 0.05);
  EXPECT_EQ(GradientBoosting().describe(p), "63 leaves, rate 0.05");
  EXPECT_GT(GradientBoosting().cost(100000, 50, 0, p), GradientBoosting().cost(10000, 50, 0, p));
}

}  // namespace
}  // namespace tagwerk::learners::trees
