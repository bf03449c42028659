// Turns grown trees into the model's form, one by one; at the end only thresholds in use are kept.
#pragma once

#include "learners/trees/bins.h"
#include "learners/trees/forest_model.h"
#include "learners/trees/tree.h"

namespace tagwerk::learners::trees {

class ForestBuilder {
 public:
  /// `width` values per leaf of every tree; the rest as in Forest.
  ForestBuilder(const BinnedData& data, Transform transform, std::uint32_t outputs, std::uint32_t width,
                std::vector<double> start);
  void Add(const Tree& tree);
  std::size_t trees() const { return forest_.trees(); }
  /// Replaces training bins by codes of the model's own columns.
  Forest Finish() &&;

 private:
  const BinnedData& data_;
  Forest forest_;              // until Finish, slots are features and limits are training bins
  std::vector<double> gains_;  // by feature
};

}  // namespace tagwerk::learners::trees
