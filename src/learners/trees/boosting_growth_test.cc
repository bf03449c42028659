// How boosting grows trees: threads, rows drawn, coarse gradients, bundles, order of growth, constraints, categories.
#include "learners/trees/boosting_fixture.h"

namespace tagwerk::learners::trees {
namespace {

// Large enough for threads to share the work by rows (few columns), by columns (many) and by classes.
TEST(GradientBoosting, IsBitEqualHoweverThreadsShareTheWork) {
  struct Case {
    int columns, classes;
    Sampling sampling;
    Growth growth;
  };
  for (const Case& c :
       {Case{6, 2, Sampling::kUniform, Growth::kLeafWise}, Case{90, 0, Sampling::kMinimalVariance, Growth::kDepthWise},
        Case{20, 4, Sampling::kGoss, Growth::kLeafWise}}) {
    const Task task = c.classes == 0 ? Task::kRegression : c.classes == 2 ? Task::kBinary : Task::kMulticlass;
    Sample s = MakeSample(20000, task, c.classes, 8, c.columns, 300);
    const model::TrainingData data = s.Data();
    BoostingSettings settings = Small(6);
    settings.learning_rate = 0.5;
    settings.subsample = 0.6;
    settings.sampling = c.sampling;
    settings.gradient_levels = c.classes == 2 ? 5 : 0;
    settings.grow.growth = c.growth;
    settings.bins.max_categories = 50;
    const std::string one = Bytes(*Fit(data, settings, 1).model);
    for (const int threads : {2, 3}) EXPECT_EQ(one, Bytes(*Fit(data, settings, threads).model)) << c.columns;
  }
}

TEST(Quantise, FewLevelsAreRightOnAverage) {
  Random random(8);
  GradientPlane plane;
  double sum = 0;
  for (int i = 0; i < 50000; ++i) {
    plane.real.push_back({static_cast<float>(random.Normal()), 1});
    sum += plane.real.back().g;
  }
  plane.packed.resize(plane.real.size());
  Quantise(plane, model::AllRows(50000), {.unit_hessian = true, .levels = 4, .seed = 3}, nullptr);
  double quantised = 0;
  for (const Packed p : plane.packed) {
    EXPECT_LE(std::abs(GradientOf(p)), 4);
    EXPECT_EQ(HessianOf(p), 1);
    quantised += GradientOf(p) * plane.scale.g;
  }
  EXPECT_NEAR(quantised, sum,
              4 * 0.5 * std::sqrt(50000.0));  // four standard errors of roundings of at most half a step
}

TEST(GradientBoosting, FewLevelsOfGradientsLearnAsWell) {
  Sample s = MakeSample(2000, Task::kBinary, 2, 33);
  model::TrainingData data = s.Data();
  data.train_rows = data.train_rows.first(1000);
  data.valid_rows = model::RowSpan(s.rows).subspan(1000);
  BoostingSettings settings = Small(60);
  const double exact = Fit(data, settings).curve.back().valid_loss;
  settings.gradient_levels = 5;
  EXPECT_LT(Fit(data, settings).curve.back().valid_loss, exact * 1.1);
}

TEST(GradientBoosting, BundlesChangeNothingButTheSpeed) {
  Random random(3);
  Sample s;
  constexpr std::size_t kRows = 3000;
  std::vector<std::vector<double>> parts(20, std::vector<double>(kRows, 0.0));
  std::vector<double> x(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::size_t which = random.Below(20);
    parts[which][i] = which % 3 == 0 ? kNan : 1 + double(random.Below(3));
    x[i] = random.Normal();
    s.y.push_back(double(which * 13 % 7) + x[i] * double(which % 3) + 0.1 * random.Normal());
  }
  for (auto& part : parts) s.AddNumeric(std::move(part));
  s.AddNumeric(std::move(x));
  const model::TrainingData data = s.Data();
  for (const Growth growth : {Growth::kLeafWise, Growth::kOblivious}) {
    BoostingSettings settings = Small(20);
    settings.grow.growth = growth;
    const std::string bundled = Bytes(*Fit(data, settings).model);
    settings.bins.bundle = false;
    EXPECT_EQ(Bytes(*Fit(data, settings).model), bundled);
  }
}

TEST(GradientBoosting, GrowsLevelByLevelWhereAsked) {
  Sample s = MakeSample(3000, Task::kRegression, 0, 5);
  BoostingSettings settings = Small(1);
  settings.grow.growth = Growth::kDepthWise;
  settings.grow.max_leaves = 8;
  BoostingSettings shallow = settings;
  shallow.grow.max_depth = 3;
  const model::TrainingData data = s.Data();
  EXPECT_EQ(Bytes(*Fit(data, settings).model), Bytes(*Fit(data, shallow).model));
}

TEST(GradientBoosting, DrawsRowsByTheirGradientsWithoutBias) {
  Sample s = MakeSample(4000, Task::kRegression, 0, 6);
  const model::TrainingData data = s.Data();
  const auto error = [&](Sampling sampling, double share) {
    BoostingSettings settings = Small(60);
    settings.sampling = sampling;
    settings.subsample = share;
    return MeanAbsolute(PredictAll(*Fit(data, settings).model, s.x), s.y);
  };
  const double all = error(Sampling::kUniform, 1);
  for (const Sampling sampling : {Sampling::kMinimalVariance, Sampling::kGoss})
    EXPECT_LT(error(sampling, 0.5), all * 1.15);
}

TEST(GradientBoosting, RisesOrFallsWithAColumnAsAsked) {
  Sample s = MakeSample(3000, Task::kBinary, 2, 12, 4);
  const model::TrainingData data = s.Data();
  for (const auto& [growth, smooth] :
       {std::pair{Growth::kLeafWise, 0.0}, {Growth::kLeafWise, 20.0}, {Growth::kOblivious, 0.0}}) {
    BoostingSettings settings = Small(40);
    settings.grow.growth = growth;
    settings.grow.split.path_smooth = smooth;
    settings.grow.directions = {1, -1, 0, 0, 0};
    const auto fitted = Fit(data, settings);
    const auto free = Fit(data, [&] {
      BoostingSettings other = settings;
      other.grow.directions.clear();
      return other;
    }());
    // Along a column with all others held, at 200 rows.
    int broken = 0;
    for (const std::size_t column : {0u, 1u}) {
      for (std::size_t row = 0; row < 200; ++row) {
        Sample line;
        for (std::size_t j = 0; j < 4; ++j) {
          std::vector<double> v(61, (*s.columns[j].numeric)[row]);
          if (j == column) {
            for (std::size_t i = 0; i < v.size(); ++i) v[i] = -3 + 0.1 * double(i);
          }
          line.AddNumeric(std::move(v));
        }
        line.AddCategory(std::vector<std::int32_t>(61, (*s.columns[4].codes)[row]), 7);
        line.y.assign(61, 0);
        line.Data();
        const auto violations = [&](const model::Model& m) {
          const std::vector<double> out = PredictAll(m, line.x);
          int count = 0;
          for (std::size_t i = 1; i < 61; ++i) {
            const double rise = out[2 * i + 1] - out[2 * i - 1];
            count += column == 0 ? rise < -1e-12 : rise > 1e-12;
          }
          return count;
        };
        EXPECT_EQ(violations(*fitted.model), 0) << "column " << column << " row " << row;
        broken += violations(*free.model);
      }
    }
    EXPECT_GT(broken, 100);  // the data alone would not do it: the second column acts by its size
  }
}

TEST(GradientBoosting, LetsOnlyColumnsOfOneGroupMeet) {
  Sample s = MakeSample(3000, Task::kRegression, 0, 13, 6);
  const model::TrainingData data = s.Data();
  for (const Growth growth : {Growth::kLeafWise, Growth::kOblivious}) {
    BoostingSettings settings = Small(30);
    settings.grow.growth = growth;
    settings.grow.groups = {{0, 1}, {1, 2, 3}};
    const auto fitted = Fit(data, settings);
    // A sum of parts in which columns 0 and 2 do not meet: mixed differences are 0.
    const auto at = [&](double x0, double x2, std::size_t row) {
      Sample one;
      for (std::size_t j = 0; j < 6; ++j) one.AddNumeric({j == 0 ? x0 : j == 2 ? x2 : (*s.columns[j].numeric)[row]});
      one.AddCategory({(*s.columns[6].codes)[row]}, 7);
      one.y = {0};
      one.Data();
      return PredictAll(*fitted.model, one.x)[0];
    };
    double effect = 0;
    for (std::size_t row = 0; row < 100; ++row) {
      const double mixed = at(1, 1, row) - at(-1, 1, row) - at(1, -1, row) + at(-1, -1, row);
      EXPECT_NEAR(mixed, 0, 1e-9);
      effect += std::abs(at(1, 1, row) - at(-1, 1, row));
    }
    EXPECT_GT(effect, 50);
  }
}

TEST(GradientBoosting, LearnsManyCategoriesAsNumbers) {
  Random random(2);
  constexpr std::int32_t kCategories = 2000;
  std::vector<double> effect(kCategories);
  for (double& e : effect) e = random.Normal();
  Sample s;
  std::vector<std::int32_t> codes;
  for (int i = 0; i < 40000; ++i) {
    codes.push_back(static_cast<std::int32_t>(random.Below(kCategories)));
    s.y.push_back(effect[std::size_t(codes.back())] + random.Normal());
  }
  s.AddCategory(codes, kCategories);
  model::TrainingData data = s.Data();
  data.train_rows = data.train_rows.first(30000);
  BoostingSettings settings = Small(60, 20);
  const std::vector<double> out = PredictAll(*Fit(data, settings).model, s.x);
  double error = 0;
  for (std::size_t i = 30000; i < 40000; ++i) error += std::pow(out[i] - effect[std::size_t(codes[i])], 2) / 10000;
  EXPECT_LT(error, 0.12);  // 15 rows a category: the best guess has 1 / 16
}

}  // namespace
}  // namespace tagwerk::learners::trees
