// One tree for all classes: the same for any number of threads, sound in files, explanations and continuations, and
// split by what all outputs gain together.
#include <gtest/gtest.h>

#include "learners/trees/boosting_fixture.h"
#include "learners/trees/lane_gradients.h"
#include "learners/trees/multi_round.h"

namespace tagwerk::learners::trees {
namespace {

BoostingSettings Together(int trees = 20, int least = 5) {
  BoostingSettings s = Small(trees, least);
  s.multi = MultiOutput::kOn;
  return s;
}

double LogLoss(const std::vector<double>& p, const std::vector<double>& y) {
  const std::size_t classes = p.size() / y.size();
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) sum -= std::log(std::max(1e-15, p[i * classes + std::size_t(y[i])]));
  return sum / double(y.size());
}

TEST(MultiOutput, OneTreeARoundTellsClassesApart) {
  for (const int classes : {3, 5, 18, 40}) {
    Sample s = MakeSample(4000, Task::kMulticlass, classes, 3);
    for (double& y : s.y) y = std::min(double(classes - 1), y);
    const model::TrainingData data = s.Data();
    const model::Fitted one = Fit(data, Together(30));
    EXPECT_EQ(ForestOf(*one.model)->trees(), 30u);
    EXPECT_EQ(ForestOf(*one.model)->width, std::uint32_t(classes));
    BoostingSettings none = Together(30, 4000);
    const double start = LogLoss(PredictAll(*Fit(data, none).model, s.x), s.y);
    const std::vector<double> p = PredictAll(*one.model, s.x);
    EXPECT_LT(LogLoss(p, s.y), 0.7 * start) << classes;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < std::size_t(classes); ++k) sum += p[i * std::size_t(classes) + k];
      ASSERT_NEAR(sum, 1, 1e-9);
    }
  }
}

TEST(MultiOutput, IsBitEqualForAnyNumberOfThreads) {
  for (const int classes : {4, 40}) {
    Sample s = MakeSample(6000, Task::kMulticlass, classes, 5, 20);
    model::TrainingData data = s.Data();
    data.train_rows = data.train_rows.first(5000);
    data.valid_rows = model::RowSpan(s.rows).subspan(5000);
    BoostingSettings settings = Together(8);
    settings.parallel_cells = 1000;
    settings.subsample = 0.7;
    settings.colsample = 0.8;
    settings.gradient_levels = 15;
    const std::string one = Bytes(*Fit(data, settings, 1).model);
    for (const int threads : {2, 3}) EXPECT_EQ(Bytes(*Fit(data, settings, threads).model), one);
  }
}

/// The odd rows of a sample.
Sample OddRows(const Sample& s) {
  Sample odd;
  odd.task = s.task;
  odd.classes = s.classes;
  const auto of = [](const auto& all) {
    std::decay_t<decltype(all)> some;
    for (std::size_t i = 1; i < all.size(); i += 2) some.push_back(all[i]);
    return some;
  };
  for (const model::MatrixColumn& column : s.columns) {
    if (column.is_category())
      odd.AddCategory(of(*column.codes), column.num_categories);
    else
      odd.AddNumeric(of(*column.numeric));
  }
  odd.y = of(s.y);
  return odd;
}

TEST(MultiOutput, RowsOfWeightZeroAreAsGoodAsNotThere) {
  for (const int classes : {4, 40}) {
    Sample s = MakeSample(4000, Task::kMulticlass, classes, 6);
    for (std::size_t i = 0; i < s.y.size(); ++i) s.weight.push_back(double(i % 2));
    Sample odd = OddRows(s);
    odd.weight.assign(odd.y.size(), 1.0);
    BoostingSettings settings = Together(8);
    settings.gradient_levels = 15;
    const model::Fitted fitted = Fit(odd.Data(), settings);
    EXPECT_EQ(Bytes(*fitted.model), Bytes(*Fit(s.Data(), settings).model)) << classes;
  }
}

TEST(MultiOutput, FilesContinuationsAndShapleyValuesHold) {
  Sample s = MakeSample(2000, Task::kMulticlass, 6, 7);
  const model::TrainingData data = s.Data();
  const model::Fitted whole = Fit(data, Together(12));
  const std::vector<double> p = PredictAll(*whole.model, s.x);
  const std::string bytes = Bytes(*whole.model);
  model::ByteReader reader(bytes);
  auto loaded = LoadForest(reader, s.columns.size());
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(PredictAll(**loaded, s.x), p);

  BoostingSettings more = Together(12);
  const model::Fitted half = Fit(data, Together(5));
  more.before = ForestOf(*half.model);
  const std::vector<double> continued = PredictAll(*Fit(data, more).model, s.x);
  for (std::size_t i = 0; i < p.size(); ++i) ASSERT_NEAR(continued[i], p[i], 1e-9);
  more.multi = MultiOutput::kOff;
  Pool pool(1);
  Context context;
  context.pool = &pool;
  EXPECT_FALSE(FitBoosting(context, data, more).has_value());

  const model::Rows rows = {3, 77, 500};
  auto shares = whole.model->Contribute(s.x, rows);
  ASSERT_TRUE(shares.has_value());
  ASSERT_EQ(shares->scores, 6u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<double> score(6);
    double total = 0;
    for (std::size_t k = 0; k < 6; ++k) {
      score[k] = shares->base[k];
      for (std::size_t j = 0; j < shares->columns; ++j) score[k] += shares->values[(i * 6 + k) * shares->columns + j];
      total += std::exp(score[k]);
    }
    for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(std::exp(score[k]) / total, p[rows[i] * 6 + k], 1e-9);
  }
}

TEST(MultiOutput, WhatItLacksIsSaidAndAutoTakesTreesOfClasses) {
  Sample s = MakeSample(500, Task::kMulticlass, 4, 9);
  const model::TrainingData data = s.Data();
  Pool pool(1);
  Context context;
  context.pool = &pool;
  BoostingSettings settings = Together(3);
  settings.grow.split.path_smooth = 1;
  const auto failed = FitBoosting(context, data, settings);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().id(), "option-contradiction");
  settings.multi = MultiOutput::kAuto;
  EXPECT_EQ(ForestOf(*Fit(data, settings).model)->width, 1u);
}

/// Sums of the rows on each side of a cut, output by output, in doubles.
double GainByHand(const LanePlane& plane, const std::vector<double>& x, double cut, double l2) {
  double gain = 0;
  for (const GradientPlane& output : plane.outputs) {
    double g[2] = {}, h[2] = {};
    for (std::size_t i = 0; i < x.size(); ++i) {
      g[x[i] > cut] += output.real[i].g;
      h[x[i] > cut] += output.real[i].h;
    }
    for (int side = 0; side < 2; ++side) gain += g[side] * g[side] / (h[side] + l2);
    gain -= (g[0] + g[1]) * (g[0] + g[1]) / (h[0] + h[1] + l2);
  }
  return gain;
}

TEST(MultiOutput, TheFirstSplitIsTheOneThatGainsMostOverAllOutputs) {
  constexpr std::size_t kRows = 800;
  Random random(11);
  Sample s;
  std::vector<std::vector<double>> columns(4, std::vector<double>(kRows));
  for (auto& column : columns)
    for (double& v : column) v = double(random.Below(9));
  for (const auto& column : columns) s.AddNumeric(column);
  s.y.assign(kRows, 0);
  s.Data();
  const auto bins = BuildBins(Context(), s.x, s.rows, {});
  for (const std::size_t outputs : {3u, 15u, 16u, 31u}) {
    LanePlane plane;
    plane.form = LaneFormOf(outputs);
    plane.outputs.resize(outputs);
    plane.packed.resize(kRows * plane.form.lanes());
    for (GradientPlane& output : plane.outputs) {
      for (std::size_t i = 0; i < kRows; ++i)
        output.real.push_back(
            {float(random.Normal() + 0.4 * (columns[outputs % 4][i] > 4)), float(0.1 + random.Uniform())});
    }
    QuantiseLanes(plane, s.rows, 0, 1, nullptr);
    GrowRules rules;
    rules.max_leaves = 2;
    rules.split.l2 = 0.5;
    MultiGrower grower(*bins, rules, plane.form, nullptr);
    std::vector<table::RowIndex> rows(s.rows.begin(), s.rows.end()), routed;
    Tree tree;
    const std::vector<std::uint8_t> use(4, 1);
    ASSERT_TRUE(grower.Grow(Context(), plane, use, rows, routed, tree));
    ASSERT_EQ(tree.nodes.size(), 3u);
    double most = 0;
    for (const auto& column : columns)
      for (int cut = 0; cut < 8; ++cut) most = std::max(most, GainByHand(plane, column, cut + 0.5, 0.5));
    const Feature& f = bins->features[std::size_t(tree.nodes[0].feature)];
    EXPECT_NEAR(GainByHand(plane, columns[f.column], f.thresholds[tree.nodes[0].bin], 0.5), most, 1e-3 * most);
    EXPECT_NEAR(tree.nodes[0].gain, most, 2e-3 * most);
  }
}

}  // namespace
}  // namespace tagwerk::learners::trees
