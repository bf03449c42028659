// What baselines learn from: usable training rows (thinned when there are many), targets scaled to a
// harmless size, and bins of columns.
#pragma once

#include <cstdint>
#include <vector>

#include "model/learner.h"

namespace tagwerk::learners::baseline {

struct Sample {
  Task task = Task::kRegression;
  std::size_t outputs = 1;  ///< classes, or 1
  model::Rows rows;         ///< weight > 0 and a target, at most `limit`, evenly thinned
  std::vector<double> weight;
  std::vector<double> target;  ///< class index, or y / unit
  double unit = 1;             ///< power of two near the largest |y| (regression)
  double total_weight = 0;
  /// Mean of the target, or the class shares; a class that no row has counts as half an observation.
  std::vector<double> prior;
};

/// Errors: no-rows when no training row has a target and a weight above 0.
Result<Sample> TakeSample(const model::TrainingData& data, std::size_t limit);

/// Bins of one column: numbers by weighted quantiles (value <= edge[b] is bin b), categories by code.
/// The last bin holds what is missing or unknown.
struct Bins {
  bool category = false;
  std::vector<double> edges;  ///< ascending; numbers only
  std::int32_t num_categories = 0;
  std::size_t count() const { return (category ? static_cast<std::size_t>(num_categories) : edges.size() + 1) + 1; }
  std::size_t Of(const model::MatrixColumn& column, model::RowIndex row) const;
};

Bins MakeBins(const model::MatrixColumn& column, const Sample& sample, std::size_t most);

}  // namespace tagwerk::learners::baseline
