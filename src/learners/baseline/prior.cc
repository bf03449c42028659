// The target's own distribution: class shares or mean (any proper score's best constant), and the median
// (the best constant for absolute errors).
#include <algorithm>
#include <limits>

#include "learners/baseline/baseline.h"
#include "learners/baseline/constant_model.h"
#include "learners/baseline/sample.h"

namespace tagwerk::learners::baseline {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

Result<model::Fitted> FitPrior(const Context&, const model::TrainingData& data, const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("baseline_prior", {}, parameters));
  TW_TRY(Sample sample, TakeSample(data, kAll));
  for (double& p : sample.prior) p *= sample.unit;
  model::Fitted fitted;
  fitted.model = std::make_unique<ConstantModel>(std::move(sample.prior));
  return fitted;
}

Result<model::Fitted> FitMedian(const Context&, const model::TrainingData& data, const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("baseline_median", {}, parameters));
  TW_TRY(const Sample sample, TakeSample(data, kAll));
  std::vector<std::pair<double, double>> values;
  for (std::size_t i = 0; i < sample.rows.size(); ++i) values.emplace_back(sample.target[i], sample.weight[i]);
  std::sort(values.begin(), values.end());
  // Half of the weight lies at or below the median; exactly half: the middle of the two neighbours.
  double passed = 0, median = values.back().first;
  for (std::size_t i = 0; i < values.size(); ++i) {
    passed += values[i].second;
    if (passed < 0.5 * sample.total_weight) continue;
    const bool between = passed == 0.5 * sample.total_weight && i + 1 < values.size();
    median = between ? values[i].first / 2 + values[i + 1].first / 2 : values[i].first;
    break;
  }
  model::Fitted fitted;
  fitted.model = std::make_unique<ConstantModel>(std::vector<double>{median * sample.unit});
  return fitted;
}

double Cost(std::size_t rows, std::size_t, int, const model::Parameters&) {
  return 1e-4 + static_cast<double>(rows) * 1e-8;
}

}  // namespace

const model::LearnerDescriptor& Prior() {
  static const model::LearnerDescriptor descriptor = {
      .id = "baseline_prior",
      .title = "prior",
      .doc = "Predicts the class shares, or the mean, of the training rows.",
      .tasks = {Task::kBinary, Task::kMulticlass, Task::kRegression},
      .recipe = model::Recipe::kTree,
      .capabilities = {.missing = true, .categories = true, .iterative = false},
      .parameters = {},
      .references = {},
      .fit = &FitPrior,
      .baseline = true,
      .describe = [](const model::Parameters&) { return std::string("no column"); },
      .cost = &Cost};
  return descriptor;
}

const model::LearnerDescriptor& Median() {
  static const model::LearnerDescriptor descriptor = {
      .id = "baseline_median",
      .title = "median",
      .doc = "Predicts the median of the training rows.",
      .tasks = {Task::kRegression},
      .recipe = model::Recipe::kTree,
      .capabilities = {.missing = true, .categories = true, .iterative = false},
      .parameters = {},
      .references = {},
      .fit = &FitMedian,
      .baseline = true,
      .describe = [](const model::Parameters&) { return std::string("no column"); },
      .cost = &Cost};
  return descriptor;
}

}  // namespace tagwerk::learners::baseline
