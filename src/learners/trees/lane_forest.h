// A forest's trees walked side by side for one row: each step is a load, a comparison and an addition without a branch,
// and the trees of a group hide each other's waiting. A leaf leads to itself, so that walking on changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "learners/trees/forest_model.h"
#include "learners/trees/wide_lanes.h"

namespace tagwerk::learners::trees {

/// Predicts row by row; this one, or table_forest.h.
class RowEngine {
 public:
  virtual ~RowEngine() = default;

  static constexpr std::size_t kCodes = 256;  ///< least size of a row of codes: what a leaf looks up stays inside

  /// Adds all leaves of one row to its scores; `codes`: for each slot the code, then the code plus 1.
  virtual void AddRow(const std::uint8_t* codes, double* sums) const = 0;
};

class LaneForest final : public RowEngine {
 public:
  /// Returns null for a forest with splits of categories, trees of more than 256 leaves, more than 128 columns or
  /// more than 2 million nodes.
  /// The forest must outlive what is made.
  /// `wide`: by the instructions of wide_lanes.h; the same bits.
  static std::unique_ptr<const LaneForest> Make(const Forest& forest, bool wide = HasWideLanes());

  void AddRow(const std::uint8_t* codes, double* sums) const override;

 private:
  explicit LaneForest(const Forest& forest) : forest_(forest) {}

  /// From low to high bits: list of codes (2 x slot, plus 1 where missing goes left; leaf: its number in the tree),
  /// 255 - limit, steps down to the left child (leaf: 0). A code above the limit carries into the steps: one more,
  /// which is the right child.
  using Node = std::uint32_t;
  void AddLeaf(std::size_t tree, std::uint32_t leaf, double* sums) const;
  void AddRowWide(const std::uint8_t* codes, double* sums) const;

  const Forest& forest_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> roots_;         ///< first node of each tree
  std::vector<std::uint32_t> first_values_;  ///< of each tree's leaves
  bool wide_ = false;                        ///< by wide_lanes.h
  std::vector<double> values_;
};

}  // namespace tagwerk::learners::trees
