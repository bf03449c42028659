// A forest's trees walked side by side for one row: each step is a load, a comparison and an addition without a branch,
// and the trees of a group hide each other's waiting. A leaf leads to itself, so that walking on changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "learners/trees/forest_model.h"

namespace tagwerk::learners::trees {

/// Predicts row by row; this one, or table_forest.h.
class RowEngine {
 public:
  virtual ~RowEngine() = default;

  /// Adds all leaves of one row to its scores; `codes`: for each slot the code, then the code plus 1.
  virtual void AddRow(const std::uint8_t* codes, double* sums) const = 0;
};

class LaneForest final : public RowEngine {
 public:
  /// Returns null for a forest with splits of categories, more than 128 columns or more than 2 million nodes.
  /// The forest must outlive what is made.
  static std::unique_ptr<const LaneForest> Make(const Forest& forest);

  void AddRow(const std::uint8_t* codes, double* sums) const override;

 private:
  explicit LaneForest(const Forest& forest) : forest_(forest) {}
  void AddLeaf(std::size_t tree, std::uint32_t node, double* sums) const;

  struct Node {
    std::uint16_t down = 0;  ///< to the left child; 0: leaf
    std::uint8_t list = 0;   ///< of codes: 2 x slot, plus 1 where missing goes left
    std::uint8_t limit = 255;
  };
  const Forest& forest_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> roots_;
};

}  // namespace tagwerk::learners::trees
