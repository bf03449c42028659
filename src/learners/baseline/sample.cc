// Sampling and binning for baselines.
#include "learners/baseline/sample.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::learners::baseline {
namespace {

std::vector<double> Prior(const Sample& sample) {
  std::vector<double> prior(sample.outputs, 0.0);
  for (std::size_t i = 0; i < sample.rows.size(); ++i) {
    if (IsClassification(sample.task)) {
      prior[static_cast<std::size_t>(sample.target[i])] += sample.weight[i];
    } else {
      prior[0] += sample.weight[i] * sample.target[i];
    }
  }
  double total = sample.total_weight;
  if (IsClassification(sample.task)) {
    total = 0;
    for (double& p : prior) {
      if (p == 0) p = 0.5;
      total += p;
    }
  }
  for (double& p : prior) p /= total;
  return prior;
}

}  // namespace

Result<Sample> TakeSample(const model::TrainingData& data, std::size_t limit) {
  Sample sample;
  sample.task = data.task;
  sample.outputs = IsClassification(data.task) ? static_cast<std::size_t>(data.num_classes) : 1;
  model::Rows usable;
  usable.reserve(data.train_rows.size());
  for (const model::RowIndex r : data.train_rows) {
    if ((data.weight.empty() || data.weight[r] > 0) && std::isfinite(data.y[r])) usable.push_back(r);
  }
  if (usable.empty()) {
    return Error(Code::kInvalidData, "no-rows", "no training row has a target and a weight above 0");
  }
  const std::size_t n = std::min(limit, usable.size());
  double most = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const model::RowIndex r = usable[i * usable.size() / n];
    sample.rows.push_back(r);
    sample.weight.push_back(data.weight.empty() ? 1.0 : data.weight[r]);
    sample.target.push_back(data.y[r]);
    sample.total_weight += sample.weight.back();
    most = std::max(most, std::abs(data.y[r]));
  }
  if (!IsClassification(data.task)) {
    if (most > 1e-290) sample.unit = std::ldexp(1.0, std::ilogb(most));
    for (double& t : sample.target) t /= sample.unit;
  }
  sample.prior = Prior(sample);
  return sample;
}

std::size_t Bins::Of(const model::MatrixColumn& column, model::RowIndex row) const {
  if (category) {
    const std::int32_t code = column.codes ? (*column.codes)[row] : -1;
    return static_cast<std::size_t>(code >= 0 && code < num_categories ? code : num_categories);
  }
  const double x = column.numeric ? (*column.numeric)[row] : std::nan("");
  if (std::isnan(x)) return edges.size() + 1;
  return static_cast<std::size_t>(std::lower_bound(edges.begin(), edges.end(), x) - edges.begin());
}

Bins MakeBins(const model::MatrixColumn& column, const Sample& sample, std::size_t most) {
  Bins bins;
  if (column.is_category()) {
    bins.category = true;
    bins.num_categories = column.num_categories;
    return bins;
  }
  constexpr std::size_t kEdgeRows = 20000;        // quantiles of more rows are the same to a fraction of a bin
  std::vector<std::pair<double, double>> values;  // value, weight
  double total = 0;
  for (std::size_t i = 0; i < sample.rows.size(); i += 1 + sample.rows.size() / kEdgeRows) {
    const double x = (*column.numeric)[sample.rows[i]];
    if (std::isnan(x)) continue;
    values.emplace_back(x, sample.weight[i]);
    total += sample.weight[i];
  }
  std::sort(values.begin(), values.end());
  double passed = 0, next = total / static_cast<double>(most);
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    passed += values[i].second;
    if (values[i].first == values[i + 1].first || passed < next * (1 - 1e-12)) continue;
    // The midpoint routes values that were not seen in training to the nearer bin.
    const double middle = values[i].first / 2 + values[i + 1].first / 2;
    bins.edges.push_back(middle >= values[i].first && middle < values[i + 1].first ? middle : values[i].first);
    next = passed + (total - passed) / static_cast<double>(most - std::min(most - 1, bins.edges.size()));
  }
  return bins;
}

}  // namespace tagwerk::learners::baseline
