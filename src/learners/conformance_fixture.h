// For the conformance tests: small learning problems that fit a learner's capabilities, and one test per
// learner and task of the catalogue.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <ostream>

#include "base/random.h"
#include "learners/catalog.h"

namespace tagwerk::learners {

using model::LearnerDescriptor;
using model::Parameters;
using model::Rows;

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

inline model::MatrixColumn Number(std::string name, std::vector<double> values) {
  model::MatrixColumn column;
  column.name = std::move(name);
  column.source = 0;
  column.numeric = std::make_shared<const std::vector<double>>(std::move(values));
  return column;
}

inline model::MatrixColumn Category(std::string name, std::vector<std::int32_t> codes, std::int32_t count) {
  model::MatrixColumn column;
  column.name = std::move(name);
  column.source = 0;
  column.codes = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
  column.num_categories = count;
  return column;
}

/// Words: row i holds the word i % 20 and, above the median of `signal`, the word 20.
inline model::MatrixColumn Sparse(std::string name, const std::vector<double>& signal) {
  auto block = std::make_shared<sparse::Block>();
  block->csr.width = 21;
  for (std::size_t i = 0; i < signal.size(); ++i) {
    block->csr.index.push_back(std::uint32_t(i % 20));
    block->csr.value.push_back(0.8F);
    if (signal[i] > 0) {
      block->csr.index.push_back(20);
      block->csr.value.push_back(0.6F);
    }
    block->csr.EndRow();
    block->row_of.push_back(std::uint32_t(i));
  }
  model::MatrixColumn column;
  column.name = std::move(name);
  column.source = 0;
  column.sparse = std::move(block);
  return column;
}

/// A learning problem; the columns are what the learner's capabilities allow.
struct Problem {
  Task task = Task::kRegression;
  int num_classes = 0;
  model::Matrix x;
  std::vector<double> y, weight;
  Rows train, valid;

  std::size_t outputs() const { return num_classes == 0 ? 1 : static_cast<std::size_t>(num_classes); }
  void ReplaceColumns(std::vector<model::MatrixColumn> columns) { x = model::Matrix(x.rows(), std::move(columns)); }
};

inline Problem MakeProblem(const LearnerDescriptor& learner, Task task, std::size_t n = 300, std::uint64_t seed = 7) {
  Problem problem;
  problem.task = task;
  problem.num_classes = task == Task::kRegression ? 0 : (task == Task::kBinary ? 2 : 3);
  Random random(seed);
  std::vector<std::vector<double>> numbers(4, std::vector<double>(n));
  std::vector<std::int32_t> codes(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (auto& column : numbers) column[i] = random.Normal();
    codes[i] = static_cast<std::int32_t>(random.Below(5)) - 1;
    const double effect = codes[i] < 0 ? 0.2 : static_cast<double>(codes[i] % 2);
    const double signal = 4 * numbers[0][i] + effect + 0.3 * numbers[1][i] + 0.3 * random.Normal();
    if (!learner.capabilities.missing && codes[i] < 0) codes[i] = 0;
    if (learner.capabilities.missing && random.Uniform() < 0.1) numbers[1][i] = kMissing;
    if (task == Task::kRegression) problem.y.push_back(signal);
    if (task == Task::kBinary) problem.y.push_back(signal > 0.5 ? 1 : 0);
    if (task == Task::kMulticlass) problem.y.push_back(signal > 2 ? 2 : (signal > -1 ? 1 : 0));
    (i % 5 == 4 ? problem.valid : problem.train).push_back(static_cast<model::RowIndex>(i));
  }
  std::vector<model::MatrixColumn> columns;
  model::MatrixColumn words = Sparse("words", numbers[2]);
  for (std::size_t j = 0; j < numbers.size(); ++j) {
    columns.push_back(Number("number" + std::to_string(j), std::move(numbers[j])));
  }
  if (learner.capabilities.categories) columns.push_back(Category("kind", std::move(codes), 4));
  if (learner.recipe == model::Recipe::kLinear) columns.push_back(std::move(words));
  problem.x = model::Matrix(n, std::move(columns));
  return problem;
}

/// Few iterations, so that the whole matrix of checks stays quick.
inline Parameters Quick(const LearnerDescriptor& learner) {
  Parameters parameters;
  for (const model::ParameterSpec& spec : learner.parameters) {
    if (spec.name == "n_estimators") parameters.Set(spec.name, std::max(spec.low, 15.0));
  }
  return parameters;
}

struct FitOptions {
  int threads = 2;
  TimePoint deadline = TimePoint::max();
  const StopFlag* stop = nullptr;
};

inline Result<model::Fitted> Fit(const LearnerDescriptor& learner, const Problem& problem, const Parameters& parameters,
                                 const FitOptions& options = {}) {
  Pool pool(options.threads);
  Context context;
  context.pool = &pool;
  context.seed = 11;
  context.deadline = options.deadline;
  context.stop = options.stop;
  model::FitCache cache;
  model::TrainingData data;
  data.task = problem.task;
  data.num_classes = problem.num_classes;
  data.x = &problem.x;
  data.y = problem.y;
  data.weight = problem.weight;
  data.train_rows = problem.train;
  data.valid_rows = problem.valid;
  data.cache = &cache;
  return learner.fit(context, data, parameters);
}

inline std::vector<double> Predict(const model::Model& model, const Problem& problem, const Rows& rows) {
  std::vector<double> out(rows.size() * problem.outputs(), -1e99);
  model.Predict(problem.x, rows, out);
  return out;
}

inline std::string Bytes(const model::Model& model) {
  model::ByteWriter writer;
  model.Save(writer);
  return std::move(writer).Take();
}

/// Finite values; rows of probabilities in [0, 1] that sum to 1.
inline void ExpectSound(const Problem& problem, const std::vector<double>& predictions) {
  for (std::size_t i = 0; i < predictions.size(); i += problem.outputs()) {
    double sum = 0;
    for (std::size_t k = 0; k < problem.outputs(); ++k) {
      const double p = predictions[i + k];
      ASSERT_TRUE(std::isfinite(p)) << "row " << i / problem.outputs();
      if (problem.num_classes > 0) {
        ASSERT_GE(p, 0);
        ASSERT_LE(p, 1);
      }
      sum += p;
    }
    if (problem.num_classes > 0) {
      ASSERT_NEAR(sum, 1, 1e-9);
    }
  }
}

inline double Spread(const Problem& problem) {
  if (problem.num_classes > 0) return 1;
  double mean = 0, square = 0;
  const auto n = static_cast<double>(problem.y.size());
  for (const double v : problem.y) mean += v / n;
  for (const double v : problem.y) square += (v - mean) * (v - mean) / n;
  return std::sqrt(square);
}

/// Mean absolute difference in units of the target's spread.
inline double MeanDifference(const Problem& problem, const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size()) / Spread(problem);
}

/// Linear models and baselines know weights only; trees also count rows and draw samples.
inline double Tolerance(const LearnerDescriptor& learner) {
  return learner.recipe == model::Recipe::kLinear ? 1e-3 : (learner.baseline ? 0.02 : 0.06);
}

struct Case {
  std::string learner;
  Task task;
  std::string Name() const { return learner + "_" + std::string(TaskName(task)); }
};

inline void PrintTo(const Case& instance, std::ostream* out) { *out << instance.Name(); }

inline std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const LearnerDescriptor& learner : AllLearners()) {
    for (const Task task : learner.tasks) cases.push_back({learner.id, task});
  }
  return cases;
}

inline std::vector<Case> MulticlassCases() {
  std::vector<Case> cases = Cases();
  std::erase_if(cases, [](const Case& c) { return c.task != Task::kMulticlass; });
  return cases;
}

class Conformance : public testing::TestWithParam<Case> {
 protected:
  const LearnerDescriptor& learner() const { return **FindLearner(GetParam().learner); }
  Task task() const { return GetParam().task; }
  Problem Make(std::size_t n = 300) const { return MakeProblem(learner(), task(), n); }
  /// Fits and checks that predictions of all rows are sound.
  std::unique_ptr<model::Model> FitSound(const Problem& problem, const FitOptions& options = {}) const {
    auto fitted = Fit(learner(), problem, Quick(learner()), options);
    EXPECT_TRUE(fitted.has_value()) << (fitted ? "" : fitted.error().Text());
    if (!fitted) return nullptr;
    EXPECT_EQ(fitted->model->num_outputs(), static_cast<int>(problem.outputs()));
    ExpectSound(problem, Predict(*fitted->model, problem, model::AllRows(problem.x.rows())));
    return std::move(fitted->model);
  }
};

inline std::string CaseName(const testing::TestParamInfo<Case>& info) { return info.param.Name(); }

}  // namespace tagwerk::learners
