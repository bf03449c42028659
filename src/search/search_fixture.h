// For tests of the search: a synthetic problem and small learners that count their fits.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "search/search.h"

namespace tagwerk::search::testing {

/// Piecewise constant on the first numeric column: `bins` equal-width bins, shrunk by `shrink`.
class StepModel : public model::Model {
 public:
  StepModel(double low, double width, std::vector<double> values, int outputs)
      : low_(low), width_(width), values_(std::move(values)), outputs_(outputs) {}
  std::string_view type_id() const override { return "test/step"; }
  int num_outputs() const override { return outputs_; }
  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override {
    const auto& column = *x.column(0).numeric;
    const std::size_t k = std::size_t(outputs_), bins = values_.size() / k;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double at = std::clamp((column[rows[i]] - low_) / width_, 0.0, double(bins) - 1);
      for (std::size_t c = 0; c < k; ++c) out[i * k + c] = values_[std::size_t(at) * k + c];
    }
  }
  void Save(model::ByteWriter& writer) const override {
    writer.F64(low_);
    writer.F64(width_);
    writer.Doubles(values_);
  }

 private:
  double low_, width_;
  std::vector<double> values_;
  int outputs_;
};

inline std::atomic<int> fits{0};
inline std::atomic<int> slow_milliseconds{0};

inline Result<model::Fitted> FitSteps(const Context&, const model::TrainingData& data, double bins, double shrink) {
  ++fits;
  const std::size_t k = data.task == Task::kRegression ? 1 : std::size_t(data.num_classes);
  const std::size_t n = std::size_t(bins);
  const auto& column = *data.x->column(0).numeric;
  double low = 1e300, high = -1e300;
  for (auto row : data.train_rows) low = std::min(low, column[row]), high = std::max(high, column[row]);
  const double width = std::max(1e-9, (high - low) / double(n));
  std::vector<double> sums(n * k, 0.0), counts(n, 0.0), mean(k, 0.0);
  for (auto row : data.train_rows) {
    const std::size_t at = std::min(n - 1, std::size_t((column[row] - low) / width));
    counts[at] += 1;
    if (k == 1)
      sums[at] += data.y[row], mean[0] += data.y[row];
    else
      sums[at * k + std::size_t(data.y[row])] += 1, mean[std::size_t(data.y[row])] += 1;
  }
  for (std::size_t b = 0; b < n; ++b)
    for (std::size_t c = 0; c < k; ++c)
      sums[b * k + c] = (sums[b * k + c] + shrink * mean[c] / double(data.train_rows.size())) / (counts[b] + shrink);
  model::Fitted fitted;
  fitted.model = std::make_unique<StepModel>(low, width, std::move(sums), int(k));
  return fitted;
}

inline const std::vector<model::ParameterSpec>& StepSpecs() {
  static const std::vector<model::ParameterSpec> specs = {{.name = "bins",
                                                           .type = model::ParameterType::kInteger,
                                                           .default_value = 4,
                                                           .low = 1,
                                                           .high = 1000,
                                                           .doc = "",
                                                           .log_scale = true,
                                                           .tune_low = 2,
                                                           .tune_high = 200},
                                                          {.name = "shrink",
                                                           .default_value = 1,
                                                           .low = 0,
                                                           .high = 1000,
                                                           .doc = "",
                                                           .log_scale = true,
                                                           .tune_low = 0.1,
                                                           .tune_high = 50}};
  return specs;
}

inline Result<model::Fitted> FitBaseline(const Context& context, const model::TrainingData& data,
                                         const model::Parameters&) {
  return FitSteps(context, data, 1, 1);
}
inline Result<model::Fitted> FitStep(const Context& context, const model::TrainingData& data,
                                     const model::Parameters& parameters) {
  return FitSteps(context, data, parameters.Get(StepSpecs(), "bins"), parameters.Get(StepSpecs(), "shrink"));
}
/// Takes slow_milliseconds, and gives up when it should stop.
inline Result<model::Fitted> FitSlow(const Context& context, const model::TrainingData& data,
                                     const model::Parameters& parameters) {
  for (int i = 0; i < slow_milliseconds; ++i) {
    if (context.ShouldStop()) return Error(Code::kCancelled, "interrupted", "stopped");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return FitStep(context, data, parameters);
}
inline Result<model::Fitted> FitFailing(const Context&, const model::TrainingData&, const model::Parameters&) {
  ++fits;
  return Error(Code::kInvalidData, "singular", "matrix is singular");
}

inline std::vector<model::LearnerDescriptor> StepCatalog() {
  model::LearnerDescriptor baseline;
  baseline.id = "prior", baseline.title = "prior", baseline.baseline = true;
  baseline.tasks = {Task::kBinary, Task::kMulticlass, Task::kRegression};
  baseline.fit = &FitBaseline;
  baseline.cost = [](auto...) { return 1e-4; };
  model::LearnerDescriptor step = baseline;
  step.id = "step", step.title = "steps", step.baseline = false;
  step.fit = &FitStep;
  step.parameters = StepSpecs();
  step.describe = [](const model::Parameters& p) { return std::to_string(int(p.Get(StepSpecs(), "bins"))) + " bins"; };
  return {baseline, step};
}

/// y depends on the first column; the others are noise.
struct SyntheticProblem {
  table::Table table;
  split::Split split;
  SearchInput input;

  SyntheticProblem(Task task, std::size_t rows, std::size_t folds, std::size_t columns = 3) {
    Random random(7);
    std::vector<table::Field> fields;
    std::vector<table::ColumnPtr> data;
    std::vector<double> first;
    for (std::size_t c = 0; c < columns; ++c) {
      std::vector<double> values(rows);
      for (double& v : values) v = random.Uniform();
      if (c == 0) first = values;
      table::Field field;
      field.name = "x" + std::to_string(c);
      fields.push_back(field);
      data.push_back(table::Column::Doubles(std::move(values)));
      input.features.push_back(c);
    }
    table = table::Table(std::move(fields), std::move(data), rows);
    input.task = task;
    input.num_classes = task == Task::kRegression ? 0 : task == Task::kBinary ? 2 : 3;
    for (std::size_t i = 0; i < rows; ++i) {
      const double signal = std::sin(6 * first[i]);
      double y = signal + 0.3 * random.Normal();
      if (task == Task::kBinary) y = random.Uniform() < 1 / (1 + std::exp(-3 * signal)) ? 1 : 0;
      if (task == Task::kMulticlass)
        y = double(random.Below(3)) * (random.Uniform() < 0.2) + (signal > 0) * (random.Uniform() < 0.8);
      if (task == Task::kMulticlass) y = std::min(2.0, y);
      input.y.push_back(y);
    }
    for (std::size_t i = 0; i < rows; ++i) (i % 5 == 4 ? split.test : split.train).push_back(table::RowIndex(i));
    split.folds.resize(folds);
    for (std::size_t i = 0; i < split.train.size(); ++i) {
      const std::size_t mine = folds == 1 ? (i % 5 == 0 ? 0 : 1) : i % folds;
      for (std::size_t f = 0; f < folds; ++f)
        (f == mine ? split.folds[f].valid : split.folds[f].train).push_back(split.train[i]);
    }
    input.table = &table;
    input.split = &split;
    input.metric = &metrics::DefaultMetric(task);
    input.seed = 3;
  }
};

inline Context MakeContext(Pool& pool) {
  Context context;
  context.pool = &pool;
  return context;
}

class SearchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("tagwerk-search-" + std::to_string(::getpid()) + "-" +
                                                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    slow_milliseconds = 0;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string File() const { return (folder_ / ".journal/journal.tw").string(); }
  std::string Bytes() const {
    std::ifstream in(File(), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }

  std::vector<model::LearnerDescriptor> catalog_ = StepCatalog();
  std::filesystem::path folder_;
};

}  // namespace tagwerk::search::testing
