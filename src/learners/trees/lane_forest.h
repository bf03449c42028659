// A forest's trees walked side by side for one row: each step is a load, a comparison and an addition without a branch,
// and the trees of a group hide each other's waiting. A leaf leads to itself, so that walking on changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "learners/trees/forest_model.h"

namespace tagwerk::learners::trees {

class LaneForest {
 public:
  /// Returns null for a forest with splits of categories, more than 128 columns or more than 2 million nodes.
  static std::unique_ptr<const LaneForest> Make(const Forest& forest);

  /// Writes the node that the row reaches in each tree; `codes`: for each slot its code, then the code plus 1.
  void Walk(const std::uint8_t* codes, std::uint32_t* leaf) const;

 private:
  struct Node {
    std::uint16_t down = 0;  ///< to the left child; 0: leaf
    std::uint8_t list = 0;   ///< of codes: 2 x slot, plus 1 where missing goes left
    std::uint8_t limit = 255;
  };
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> roots_;
};

}  // namespace tagwerk::learners::trees
