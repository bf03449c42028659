// The rows of a fit in the form that tree learners need: ascending, each once, weights above 0.
#pragma once

#include <algorithm>
#include <vector>

#include "base/result.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

struct TrainingRows {
  std::vector<model::RowIndex> train, valid;
  std::vector<float> weight;  ///< by matrix row; empty: all 1
  /// 1 + the last row of both: a fit needs nothing of the rows behind it.
  std::size_t End() const {
    return std::max(train.empty() ? 0 : std::size_t(train.back()) + 1,
                    valid.empty() ? 0 : std::size_t(valid.back()) + 1);
  }
  double Weight(std::size_t row) const { return weight.empty() ? 1.0 : double(weight[row]); }
};

/// Checks and normalises: repeated rows become weights, rows of weight 0 are left out. Errors: no-rows,
/// weight-negative, target-not-finite, class-out-of-range.
Result<TrainingRows> PrepareRows(const model::TrainingData& data);

}  // namespace tagwerk::learners::trees
