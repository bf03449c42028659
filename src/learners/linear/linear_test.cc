// Parity with scikit-learn 1.9 (numbers computed once with its tightest tolerances on the same data, one-hot
// encoded there) and properties of the linear learners.
#include "learners/linear/linear.h"

#include <gtest/gtest.h>

#include <cmath>

#include "learners/linear/exponential.h"
#include "learners/linear/glm_model.h"
#include "learners/linear/gram_kernel.h"
#include "learners/linear/penalty_path.h"

namespace tagwerk::learners::linear {
namespace {

using model::Parameters;

/// Ninety rows of three numbers and a category of four levels, with weights 1, 2, 3.
struct Data {
  std::size_t n = 90;
  model::Matrix x;
  std::vector<double> y, weight;
  model::Rows rows = model::AllRows(90);
  int num_classes = 0;

  explicit Data(Task task, bool scaled = false) {
    std::vector<double> a(n), b(n), c(n);
    std::vector<std::int32_t> g(n);
    const double effect[4] = {0.5, -1, 0, 2}, score_effect[4] = {0.5, -1, 0, 1};
    for (std::size_t i = 0; i < n; ++i) {
      const auto t = static_cast<double>(i);
      a[i] = std::sin(0.7 * t);
      b[i] = 5 * std::cos(1.3 * t) + 10;
      c[i] = static_cast<double>((i * 7) % 11) * 1000;
      g[i] = static_cast<std::int32_t>((i * 5) % 4);
      weight.push_back(1.0 + static_cast<double>(i % 3));
      const double s = 1.5 * a[i] + 0.2 * (b[i] - 10) + score_effect[g[i]] + 2 * std::sin(2.3 * t);
      if (task == Task::kRegression) {
        y.push_back(2 * a[i] - 0.3 * b[i] + 0.0005 * c[i] + effect[g[i]] + std::sin(3.1 * t));
      } else if (task == Task::kBinary) {
        y.push_back(s > 0.3 ? 1 : 0);
      } else {
        y.push_back(s > 1 ? 2 : (s > -0.8 ? 1 : 0));
      }
      if (scaled) {
        b[i] -= 10;
        c[i] = c[i] / 1000 - 5;
      }
    }
    num_classes = task == Task::kRegression ? 0 : (task == Task::kBinary ? 2 : 3);
    x = model::Matrix(n, {Number("a", a), Number("b", b), Number("c", c), Category("g", g, 4)});
  }
  static model::MatrixColumn Number(std::string name, std::vector<double> values) {
    model::MatrixColumn column;
    column.name = std::move(name);
    column.numeric = std::make_shared<const std::vector<double>>(std::move(values));
    return column;
  }
  static model::MatrixColumn Category(std::string name, std::vector<std::int32_t> codes, std::int32_t count) {
    model::MatrixColumn column;
    column.name = std::move(name);
    column.codes = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
    column.num_categories = count;
    return column;
  }
};

model::Fitted Fit(const model::LearnerDescriptor& learner, Task task, const Data& data, const Parameters& parameters) {
  Pool pool(2);
  Context context;
  context.pool = &pool;
  model::TrainingData training;
  training.task = task;
  training.num_classes = data.num_classes;
  training.x = &data.x;
  training.y = data.y;
  training.weight = data.weight;
  training.train_rows = data.rows;
  auto fitted = learner.fit(context, training, parameters);
  if (!fitted) {
    ADD_FAILURE() << fitted.error().Text();
    return {};
  }
  return std::move(*fitted);
}

const GlmModel& Glm(const model::Fitted& fitted) { return static_cast<const GlmModel&>(*fitted.model); }

Parameters Set(std::initializer_list<std::pair<const char*, double>> values) {
  Parameters parameters;
  for (const auto& [name, value] : values) parameters.Set(name, value);
  return parameters;
}

/// Numbers a, b, c, then the four categories.
void ExpectCoefficients(const GlmModel& glm, std::size_t margin, const std::vector<double>& expected,
                        double tolerance) {
  for (std::size_t j = 0; j < 7; ++j) {
    const double got =
        j < 3 ? glm.RawCoefficient(margin, j) : glm.RawCoefficient(margin, 3, static_cast<std::int32_t>(j - 3));
    EXPECT_NEAR(got, expected[j], tolerance * std::max(std::abs(expected[j]), 1e-3)) << "feature " << j;
  }
}

TEST(Ridge, EqualsScikitLearn) {
  const Data data(Task::kRegression);
  const auto fitted = Fit(Ridge(), Task::kRegression, data, Set({{"alpha", 3}}));
  ExpectCoefficients(Glm(fitted), 0,
                     {1.92940777849, -0.296846292764, 0.00050064990464, -0.342448037572, -0.864058939081,
                      -0.80554668841, 2.01205366506},
                     1e-6);
  EXPECT_NEAR(Glm(fitted).RawIntercept(0), 0.3356198543641415, 1e-7);
}

TEST(ElasticNet, EqualsScikitLearn) {
  const Data data(Task::kRegression);
  const auto fitted = Fit(ElasticNet(), Task::kRegression, data,
                          Set({{"alpha", 0.1}, {"l1_ratio", 0.7}, {"tol", 1e-10}, {"max_iter", 100000}}));
  ExpectCoefficients(
      Glm(fitted), 0,
      {1.746302127, -0.292423319208, 0.000498298495151, 0, -0.188430073544, -0.112641510177, 2.05107862949}, 1e-6);
  EXPECT_NEAR(Glm(fitted).RawIntercept(0), -0.14150469534863713, 1e-6);
}

TEST(Logistic, EqualsScikitLearn) {
  const Data data(Task::kBinary);
  const auto fitted = Fit(Logistic(), Task::kBinary, data, Set({{"C", 0.8}, {"tol", 1e-10}}));
  ExpectCoefficients(Glm(fitted), 0,
                     {1.49589322381, 0.17835304099, 0.000178485067574, 0.814231932419, -1.55572573788, -0.0672979904537,
                      0.808791795914},
                     1e-6);
  EXPECT_NEAR(Glm(fitted).RawIntercept(0), -3.10448284146, 1e-6);
  std::vector<double> p(6);
  fitted.model->Predict(data.x, model::RowSpan(data.rows).first(3), p);
  EXPECT_NEAR(p[1], 0.595089246134, 1e-8);
  EXPECT_NEAR(p[3], 0.395307606518, 1e-8);
  EXPECT_NEAR(p[5], 0.464357751381, 1e-8);
}

TEST(Logistic, MultinomialEqualsScikitLearn) {
  const Data data(Task::kMulticlass, true);
  const auto fitted = Fit(Logistic(), Task::kMulticlass, data, Set({{"C", 0.8}, {"tol", 1e-10}}));
  const GlmModel& glm = Glm(fitted);
  ExpectCoefficients(glm, 0,
                     {-0.709905155093, -0.210196170233, -0.106025877493, -0.340953154169, 0.770954159868,
                      -0.0120306558226, -0.417970349878},
                     1e-6);
  ExpectCoefficients(glm, 1,
                     {-0.639414739076, 0.0393533751945, 0.0696955612233, -0.187942159126, 0.296825116116,
                      0.186198426407, -0.295081383396},
                     1e-6);
  ExpectCoefficients(
      glm, 2,
      {1.34931989417, 0.170842795039, 0.03633031627, 0.528895313295, -1.06777927598, -0.174167770584, 0.713051733274},
      1e-6);
  EXPECT_NEAR(glm.RawIntercept(0), 0.169313323275, 1e-6);
  EXPECT_NEAR(glm.RawIntercept(1), -0.155781640207, 1e-6);
}

TEST(Logistic, ElasticNetEqualsScikitLearn) {
  const Data data(Task::kBinary, true);
  const auto parameters = Set({{"C", 0.3}, {"l1_ratio", 0.6}, {"tol", 1e-9}, {"max_iter", 10000}});
  const auto fitted = Fit(Logistic(), Task::kBinary, data, parameters);
  ExpectCoefficients(Glm(fitted), 0,
                     {1.26136254123, 0.155163715739, 0.15184498515, 0.45006175528, -1.28235019311, 0, 0.451494031546},
                     1e-5);
  EXPECT_NEAR(Glm(fitted).RawIntercept(0), -0.309954419267, 1e-5);
}

TEST(Logistic, MultinomialElasticNetEqualsScikitLearn) {
  const Data data(Task::kMulticlass, true);
  const auto parameters = Set({{"C", 0.3}, {"l1_ratio", 0.6}, {"tol", 1e-9}, {"max_iter", 10000}});
  const auto fitted = Fit(Logistic(), Task::kMulticlass, data, parameters);
  ExpectCoefficients(Glm(fitted), 0, {-0.0599022714321, -0.242326770745, -0.130183438503, 0, 0.489738564841, 0, 0},
                     1e-4);
  ExpectCoefficients(
      Glm(fitted), 2,
      {1.59377521897, 0.0869532212984, 0, 0.383938233061, -0.931090341541, -0.0625313768402, 0.609683485321}, 1e-4);
}

/// Many columns of noise: the iterative solvers above 1,024 features must find the same minimum.
Data Wide(Task task) {
  Data data(task, true);
  std::vector<model::MatrixColumn> columns(data.x.columns());
  for (std::int32_t j = 0; j < 11; ++j) {
    std::vector<std::int32_t> codes(data.n);
    for (std::size_t i = 0; i < data.n; ++i) codes[i] = static_cast<std::int32_t>(i) % (7 + j);
    columns.push_back(Data::Category("wide" + std::to_string(j), codes, 100));
  }
  data.x = model::Matrix(data.n, std::move(columns));
  return data;
}

Data Narrow(Task task) {
  Data data(task, true);
  std::vector<model::MatrixColumn> columns(data.x.columns());
  for (std::int32_t j = 0; j < 11; ++j) {
    std::vector<std::int32_t> codes(data.n);
    for (std::size_t i = 0; i < data.n; ++i) codes[i] = static_cast<std::int32_t>(i) % (7 + j);
    columns.push_back(Data::Category("wide" + std::to_string(j), codes, 7 + j));
  }
  data.x = model::Matrix(data.n, std::move(columns));
  return data;
}

void ExpectSameWideAndNarrow(const model::LearnerDescriptor& learner, Task task, const Parameters& parameters) {
  const Data wide = Wide(task), narrow = Narrow(task);
  const auto a = Fit(learner, task, wide, parameters), b = Fit(learner, task, narrow, parameters);
  const auto outputs = static_cast<std::size_t>(a.model->num_outputs());
  std::vector<double> pa(wide.n * outputs), pb(wide.n * outputs);
  a.model->Predict(wide.x, wide.rows, pa);
  b.model->Predict(narrow.x, narrow.rows, pb);
  for (std::size_t i = 0; i < pa.size(); ++i) EXPECT_NEAR(pa[i], pb[i], 1e-4) << i;
}

TEST(Ridge, IterativeSolverFindsTheSameMinimum) {
  ExpectSameWideAndNarrow(Ridge(), Task::kRegression, Set({{"alpha", 3}, {"tol", 1e-7}, {"max_iter", 5000}}));
}

TEST(ElasticNet, IterativeSolverFindsTheSameMinimum) {
  ExpectSameWideAndNarrow(ElasticNet(), Task::kRegression, Set({{"alpha", 0.05}, {"tol", 1e-6}, {"max_iter", 5000}}));
}

TEST(Logistic, IterativeSolverFindsTheSameMinimum) {
  ExpectSameWideAndNarrow(Logistic(), Task::kMulticlass, Set({{"C", 0.5}, {"tol", 1e-7}, {"max_iter", 5000}}));
  ExpectSameWideAndNarrow(Logistic(), Task::kBinary,
                          Set({{"C", 0.5}, {"l1_ratio", 0.5}, {"tol", 1e-6}, {"max_iter", 5000}}));
}

TEST(LinearPenalty, ChosenValueIsHandedOnForTheRefit) {
  const Data regression(Task::kRegression), binary(Task::kBinary);
  EXPECT_GT(Fit(Ridge(), Task::kRegression, regression, {}).refit.values().at("alpha"), 0);
  EXPECT_GT(Fit(ElasticNet(), Task::kRegression, regression, {}).refit.values().at("alpha"), 0);
  EXPECT_GT(Fit(Logistic(), Task::kBinary, binary, {}).refit.values().at("C"), 0);
  EXPECT_TRUE(Fit(Ridge(), Task::kRegression, regression, Set({{"alpha", 1}})).refit.values().empty());
}

TEST(LinearPenalty, NoiseIsPenalisedMoreThanSignal) {
  Data noise(Task::kRegression), signal(Task::kRegression);
  for (std::size_t i = 0; i < noise.n; ++i) noise.y[i] = std::sin(12345.678 * static_cast<double>(i * i));
  for (std::size_t i = 0; i < signal.n; ++i) signal.y[i] = 3 * (*signal.x.column(0).numeric)[i];
  const auto of_noise = Fit(Ridge(), Task::kRegression, noise, {});
  const auto of_signal = Fit(Ridge(), Task::kRegression, signal, {});
  EXPECT_GT(of_noise.refit.values().at("alpha"), 100 * of_signal.refit.values().at("alpha"));
}

TEST(GlmModel, SummaryNamesTheStrongestColumnFirst) {
  const Data data(Task::kRegression);
  const auto fitted = Fit(Ridge(), Task::kRegression, data, Set({{"alpha", 1}}));
  const Json summary = fitted.model->Summary();
  ASSERT_GE(summary["coefficients"].size(), 6U);
  EXPECT_EQ(summary["coefficients"][0]["column"], "c");
  double last = 1e300;
  for (const Json& item : summary["coefficients"]) {
    EXPECT_LE(std::abs(item["standardized"].get<double>()), last);
    last = std::abs(item["standardized"].get<double>());
  }
}

TEST(Exponential, IsWithinTwoUnitsInTheLastPlace) {
  for (double x = -700; x <= 700; x += 0.37) {
    EXPECT_NEAR(Exp(x) / std::exp(x), 1, 4.5e-16) << x;
  }
  EXPECT_EQ(Exp(0), 1);
  EXPECT_EQ(Exp(-1e300), Exp(-700));
}

TEST(GramKernel, EveryInstructionSetGivesTheSameBits) {
  constexpr std::size_t kRows = 37, kWidth = 24;
  std::vector<double> z(kRows * kWidth), zw(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = std::sin(static_cast<double>(i));
    zw[i] = z[i] * 0.3;
  }
  std::vector<double> best(kWidth * kWidth, 0.1), baseline = best;
  AddOuterProducts(zw.data(), z.data(), kRows, kWidth, best.data(), kWidth, Simd::kBest);
  AddOuterProducts(zw.data(), z.data(), kRows, kWidth, baseline.data(), kWidth, Simd::kBaseline);
  double by_hand = 0.1;
  for (std::size_t r = 0; r < kRows; ++r) by_hand += zw[r * kWidth + 3] * z[r * kWidth + 17];
  EXPECT_EQ(best, baseline);
  EXPECT_EQ(best[3 * kWidth + 17], by_hand);
}

TEST(ChoosePowerOfTen, FindsTheMinimumBetweenGridPoints) {
  const auto score = [](double v) { return std::pow(std::log10(v) - 0.4, 2); };
  EXPECT_NEAR(std::log10(ChoosePowerOfTen({-2, -1, 0, 1, 2}, 8, score)), 0.4, 0.1);
  EXPECT_NEAR(ChoosePowerOfTen({0, 1}, 3, [](double) { return std::nan(""); }), 1, 1e-12);
}

}  // namespace
}  // namespace tagwerk::learners::linear
