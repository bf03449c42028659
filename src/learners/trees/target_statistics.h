// Categories as numbers: the smoothed mean target of each category. A training row gets the mean of rows that come
// before it in a random order, never of itself (Prokhorenkova et al. 2018, CatBoost, section 3.2), so that trees cannot
// read the target off it; all other rows get the mean of all training rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/learner.h"

namespace tagwerk::learners::trees {

/// What the means are taken of. The random orders are drawn once for all columns.
class StatisticsTarget {
 public:
  /// `y` and `weight` (may be empty: all 1) by matrix row; `train` are the rows that teach, ascending.
  StatisticsTarget(std::span<const double> y, std::span<const float> weight, model::RowSpan train, std::uint64_t seed);

  /// Less the overall mean, smoothed towards it.
  struct Means {
    std::vector<double> of_row;   ///< by position in the training rows
    std::vector<double> of_code;  ///< by category; 0 for one that no training row has
  };
  /// `codes` by matrix row; a code outside [0, num_categories) is missing and gets NaN.
  Means Of(std::span<const std::int32_t> codes, std::int32_t num_categories) const;

 private:
  float Weight(model::RowIndex row) const { return weight_.empty() ? 1.0f : weight_[row]; }

  std::span<const double> y_;
  std::span<const float> weight_;
  model::RowSpan train_;
  std::vector<std::vector<std::uint32_t>> orders_;  ///< positions in train_
  double mean_ = 0;
};

}  // namespace tagwerk::learners::trees
