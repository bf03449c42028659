// Every loss against its formula: gradients by differences of the loss, start values by its minimum, domains,
// targets of any size.
#include "learners/trees/losses.h"

#include <gtest/gtest.h>

#include "learners/trees/boosting.h"
#include "learners/trees/test_data.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kRows = 40;

LossSettings Named(const std::string& name) {
  LossSettings settings;
  settings.loss = name;
  return settings;
}

/// Targets above 0, some equal to 0 where `zeros`, all within [0, 1] where `shares`; every other row weighs more.
struct Targets {
  Sample sample;
  model::TrainingData data;
  TrainingRows rows;
  explicit Targets(bool zeros = false, bool shares = false, bool weights = true) {
    Random random(3);
    std::vector<double> x;
    for (std::size_t i = 0; i < kRows; ++i) {
      x.push_back(random.Normal());
      const double y = shares ? random.Uniform() : std::exp(random.Normal());
      sample.y.push_back(zeros && i % 3 == 0 ? 0 : y);
      if (weights) sample.weight.push_back(i % 2 == 0 ? 1 : 2.5);
    }
    sample.AddNumeric(x);
    data = sample.Data();
    auto prepared = PrepareRows(data);
    EXPECT_TRUE(prepared.has_value());
    rows = std::move(*prepared);
  }
  std::unique_ptr<Objective> Make(const LossSettings& settings) {
    auto made = MakeObjective(data, rows, settings);
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().Text());
    return std::move(*made);
  }
};

/// Sum of the loss whose derivative the gradient is. Loss() is a mean, of squared loss its root, of deviances twice.
double Total(const Objective& objective, const LossSettings& settings, const Targets& t,
             const std::vector<Scores>& scores) {
  double weight = 0;
  for (const auto r : t.rows.train) weight += t.rows.Weight(r);
  const double loss = objective.Loss(scores, t.rows.train);
  if (settings.loss == "squared") return loss * loss / 2 * weight;
  const bool deviance = settings.loss == "poisson" || settings.loss == "gamma" || settings.loss == "tweedie";
  return loss * weight * double(scores.size()) / (deviance ? 2 : 1);
}

struct LossCase {
  std::string name;
  LossSettings settings;
  bool zeros = false, shares = false;
  double hessian_factor = 1;  ///< of the stated hessian to the second derivative; 0: no second derivative
};

std::vector<LossCase> LossCases() {
  LossSettings huber = Named("huber"), quantile = Named("quantile"), several = quantile, tweedie = Named("tweedie");
  huber.huber_delta = 0.6;
  quantile.quantile = 0.3;
  several.quantiles = {0.1, 0.5, 0.9};
  tweedie.tweedie_power = 1.3;
  LossSettings as_poisson = tweedie, as_gamma = tweedie;
  as_poisson.tweedie_power = 1;
  as_gamma.tweedie_power = 2;
  return {{"Squared", Named("squared")},
          {"Absolute", Named("absolute"), false, false, 0},
          {"Quantile", quantile, false, false, 0},
          {"Quantiles", several, false, false, 0},
          {"Huber", huber, false, false, 0},
          {"Poisson", Named("poisson"), true, false, std::exp(0.7)},
          {"Gamma", Named("gamma")},
          {"Tweedie", tweedie, true},
          {"TweediePower1", as_poisson, true},
          {"TweediePower2", as_gamma},
          {"CrossEntropy", Named("cross_entropy"), false, true}};
}

class Losses : public testing::TestWithParam<LossCase> {};
INSTANTIATE_TEST_SUITE_P(All, Losses, testing::ValuesIn(LossCases()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(Losses, GradientIsTheDerivativeOfTheLoss) {
  const LossCase& c = GetParam();
  Targets t(c.zeros, c.shares);
  auto objective = t.Make(c.settings);
  const auto outputs = std::size_t(objective->outputs());
  Random random(9);
  std::vector<Scores> scores(outputs, Scores(kRows));
  for (auto& of_output : scores)
    for (double& s : of_output) s = 1.5 * random.Normal();
  GradientPlane plane;
  plane.real.resize(kRows);
  objective->StartRound(scores, nullptr);
  for (std::size_t k = 0; k < outputs; ++k) {
    objective->Gradients(scores, int(k), nullptr, plane);
    for (std::size_t i = 0; i < kRows; ++i) {
      const double step = 1e-4, middle = scores[k][i];
      const double here = Total(*objective, c.settings, t, scores);
      scores[k][i] = middle + step;
      const double above = Total(*objective, c.settings, t, scores);
      scores[k][i] = middle - step;
      const double below = Total(*objective, c.settings, t, scores);
      scores[k][i] = middle;
      const double g = (above - below) / (2 * step), h = (above - 2 * here + below) / (step * step);
      EXPECT_NEAR(plane.real[i].g, g, 2e-4 * (1 + std::abs(g))) << i;
      if (c.hessian_factor > 0) {
        EXPECT_NEAR(plane.real[i].h, c.hessian_factor * h, 2e-3 * (1 + std::abs(h))) << i;
      }
      EXPECT_GT(plane.real[i].h, 0) << i;
    }
  }
}

TEST_P(Losses, StartsAtTheBestConstant) {
  const LossCase& c = GetParam();
  if (c.name == "Huber") GTEST_SKIP() << "starts at the median, which outliers cannot move";
  Targets t(c.zeros, c.shares);
  auto objective = t.Make(c.settings);
  const std::vector<double> start = objective->StartValues();
  ASSERT_EQ(start.size(), std::size_t(objective->outputs()));
  const auto at = [&](double moved) {
    std::vector<Scores> scores;
    for (const double s : start) scores.emplace_back(kRows, s + moved);
    objective->StartRound(scores, nullptr);
    return objective->Loss(scores, t.rows.train);
  };
  for (const double moved : {-0.3, -0.01, 0.01, 0.3}) EXPECT_GE(at(moved), at(0) - 1e-12) << moved;
}

model::Fitted BoostedBy(const model::TrainingData& data, const LossSettings& loss, int trees) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  BoostingSettings settings;
  settings.n_estimators = trees;
  settings.loss = loss;
  settings.grow.split.min_samples_leaf = 5;
  settings.grow.split.min_hessian = 0;
  auto fitted = FitBoosting(context, data, settings);
  EXPECT_TRUE(fitted.has_value()) << (fitted ? "" : fitted.error().Text());
  return std::move(*fitted);
}

Sample Counts(std::size_t n, double size) {
  Sample s = MakeSample(n, Task::kRegression, 0, 21);
  Random random(8);
  for (double& y : s.y) y = size * std::exp(0.5 * y) * (0.5 + random.Uniform());
  return s;
}

// The definition: sorted, summed up.
double QuantileBySorting(std::vector<Weighed> items, double share) {
  std::sort(items.begin(), items.end(), [](const Weighed& a, const Weighed& b) { return a.value < b.value; });
  double total = 0, sum = 0;
  for (const Weighed& item : items) total += item.weight;
  for (std::size_t i = 0; i < items.size(); ++i) {
    sum += items[i].weight;
    if (sum == share * total && i + 1 < items.size()) return (items[i].value + items[i + 1].value) / 2;
    if (sum >= share * total) return items[i].value;
  }
  return items.back().value;
}

TEST(WeightedQuantile, IsThatOfTheSortedList) {
  Random random(11);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Weighed> items;
    const std::size_t n = 1 + random.Below(round % 3 == 0 ? 400 : 40);
    const bool weighted = random.Uniform() < 0.5, ties = random.Uniform() < 0.5;
    for (std::size_t i = 0; i < n; ++i) {
      const double value = ties ? double(random.Below(9)) : random.Normal();
      items.push_back({value, weighted ? float(1 + random.Below(4)) * 0.5f : 1.0f});
    }
    const double shares[] = {0, 0.1, 0.25, 0.5, 0.9, 1};
    const double share = shares[random.Below(6)];
    const double expected = QuantileBySorting(items, share);
    EXPECT_EQ(WeightedQuantile(items, share), expected) << n << " " << share;
  }
}

TEST(DevianceLosses, PredictionsScaleWithTheTarget) {
  for (const char* loss : {"poisson", "gamma", "tweedie"}) {
    Sample usual = Counts(2000, 1), large = Counts(2000, 0x1p700), small = Counts(2000, 0x1p-700);
    std::vector<double> p[3];
    Sample* samples[] = {&usual, &large, &small};
    for (int i = 0; i < 3; ++i) p[i] = PredictAll(*BoostedBy(samples[i]->Data(), Named(loss), 30).model, samples[i]->x);
    // Penalties keep their size beside targets of usual size only: beyond, they are relative to the mean.
    double off = 0;
    for (std::size_t i = 0; i < p[0].size(); ++i) {
      ASSERT_GT(p[0][i], 0);
      EXPECT_NEAR(p[1][i] / 0x1p700 / (p[2][i] / 0x1p-700), 1, 1e-6) << loss;
      off += std::abs(std::log(p[1][i] / 0x1p700 / p[0][i])) / double(p[0].size());
    }
    EXPECT_LT(off, 0.1) << loss;
  }
}

TEST(DevianceLosses, OneHugeTargetDoesNotOvershoot) {
  for (const char* loss : {"poisson", "gamma", "tweedie"}) {
    Sample s = Counts(300, 1);
    for (std::size_t i = 0; i < 5; ++i) s.y[i] = 1e9;
    const model::TrainingData data = s.Data();
    LossSettings settings = Named(loss);
    const std::vector<double> p = PredictAll(*BoostedBy(data, settings, 60).model, s.x);
    for (const double v : p) {
      EXPECT_TRUE(std::isfinite(v) && v > 0) << loss;
      EXPECT_LT(v, 1e10) << loss;
    }
  }
}

TEST(SoftmaxLoss, ALeafOfSureRowsButForOneDoesNotOvershoot) {
  Sample s = MakeSample(100, Task::kMulticlass, 3, 1);
  const model::TrainingData data = s.Data();
  const auto rows = PrepareRows(data);
  ASSERT_TRUE(rows.has_value());
  const auto objective = MakeObjective(data, *rows, {});
  ASSERT_TRUE(objective.has_value());
  // Twenty rows, each with a chance of 1e-4 of the class that one of them is of: the optimum is 6, Newton's step 330.
  const double g = 20 * 1e-4 - 1, h = 20 * 1.5 * 1e-4;
  EXPECT_EQ((*objective)->Limit(-g / h, g, h), 10);
  EXPECT_EQ((*objective)->Limit(g / h, -g, h), -10);
  EXPECT_EQ((*objective)->Limit(2.5, -1, 0.4), 2.5);
}

TEST(QuantileLoss, SeveralAtOnceDoNotCrossAndLeaveTheirShares) {
  Sample s = MakeSample(6000, Task::kRegression, 0, 15);
  Random random(5);
  for (std::size_t i = 0; i < s.y.size(); ++i) s.y[i] += (1 + 4 * double(i % 2)) * random.Normal();
  LossSettings settings = Named("quantile");
  settings.quantiles = {0.1, 0.5, 0.9};
  const model::Fitted fitted = BoostedBy(s.Data(), settings, 80);
  ASSERT_EQ(fitted.model->num_outputs(), 3);
  const std::vector<double> p = PredictAll(*fitted.model, s.x);
  for (std::size_t k = 0; k < 3; ++k) {
    double below = 0;
    for (std::size_t i = 0; i < s.y.size(); ++i) below += s.y[i] <= p[i * 3 + k];
    EXPECT_NEAR(below / double(s.y.size()), settings.quantiles[k], 0.03);
  }
  for (std::size_t i = 0; i < s.y.size(); ++i) EXPECT_TRUE(p[i * 3] <= p[i * 3 + 1] && p[i * 3 + 1] <= p[i * 3 + 2]);
  const std::string bytes = Bytes(*fitted.model);
  model::ByteReader reader(bytes);
  const auto loaded = LoadForest(reader, s.x.cols());
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(PredictAll(**loaded, s.x), p);
}

TEST(HuberLoss, StaysWithTheManyWhereTargetsAreSpoilt) {
  Sample s = MakeSample(3000, Task::kRegression, 0, 12);
  const std::vector<double> clean = s.y;
  Random random(4);
  for (double& y : s.y) y += random.Uniform() < 0.05 ? 300 * random.Normal() : 0;
  const auto error = [&](const LossSettings& loss) {
    const std::vector<double> p = PredictAll(*BoostedBy(s.Data(), loss, 60).model, s.x);
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += std::abs(p[i] - clean[i]) / double(p.size());
    return sum;
  };
  EXPECT_LT(error(Named("huber")), 0.5 * error(Named("squared")));
}

TEST(CrossEntropyLoss, PredictsShares) {
  Sample s = MakeSample(4000, Task::kRegression, 0, 17);
  std::vector<double> truth;
  Random random(6);
  for (double& y : s.y) {
    truth.push_back(1 / (1 + std::exp(1.5 - y)));
    y = random.Uniform() < truth.back() ? 1 : 0;
  }
  const std::vector<double> p = PredictAll(*BoostedBy(s.Data(), Named("cross_entropy"), 25).model, s.x);
  double error = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    ASSERT_TRUE(p[i] > 0 && p[i] < 1);
    error += std::abs(p[i] - truth[i]) / double(p.size());
  }
  EXPECT_LT(error, 0.1);
}

TEST(LossDomains, ATargetThatCannotBeIsNamed) {
  const std::pair<const char*, double> cases[] = {
      {"poisson", -1}, {"gamma", 0}, {"tweedie", -0.5}, {"cross_entropy", 1.5}, {"cross_entropy", -0.1}};
  for (const auto& [loss, bad] : cases) {
    Targets t(false, true);
    t.sample.y[4] = bad;
    t.data.y = t.sample.y;
    const auto made = MakeObjective(t.data, t.rows, Named(loss));
    ASSERT_FALSE(made.has_value()) << loss;
    EXPECT_EQ(made.error().id(), "target-domain");
    EXPECT_EQ(made.error().where().row, 5);
  }
  Targets zero;
  std::fill(zero.sample.y.begin(), zero.sample.y.end(), 0.0);
  EXPECT_FALSE(MakeObjective(zero.data, zero.rows, Named("poisson")).has_value());
}

}  // namespace
}  // namespace tagwerk::learners::trees
