// A forest's trees evaluated whole for many rows at a time: every split is one comparison of a tile's byte codes, and
// from the bottom up each node takes over, row by row, the leaf number of the child that the row goes to. No step
// depends on where a row went, so there is nothing to mispredict; a split costs a few instructions for a vector of
// rows. Leaves are added in the order of the trees, so that the sums have the bits of walking node by node.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "learners/trees/forest_model.h"
#include "learners/trees/kernels.h"

namespace tagwerk::learners::trees {

/// Predicts tiles of rows; this one, or table_forest.h.
class TileEngine {
 public:
  virtual ~TileEngine() = default;

  /// Adds the leaves of trees [first, last) for a tile of kTileRows rows; `codes`: for each slot kTileRows codes, then
  /// the same plus 1; `sums`: kTileRows x scores.
  virtual void AddTo(std::size_t first, std::size_t last, const std::uint8_t* codes, double* sums) const = 0;
};

class TileForest final : public TileEngine {
 public:
  static constexpr std::size_t kLeaves = 256;  ///< most of a tree that takes part: leaf numbers are bytes

  /// Returns null when a tree has more leaves. The forest must outlive what is made.
  static std::unique_ptr<const TileForest> Make(const Forest& forest);

  void AddTo(std::size_t first, std::size_t last, const std::uint8_t* codes, double* sums) const override;

 private:
  struct Tree {
    std::size_t first_node = 0, first_leaf = 0;
    std::size_t nodes = 0, leaves = 0;
  };
  explicit TileForest(const Forest& forest);
  void AddTree(const Forest& forest, std::size_t tree);

  std::size_t scores_, width_;
  std::vector<Tree> trees_;
  const std::vector<CodeSet>& sets_;
  std::vector<TileNode> nodes_;  ///< of each tree from the bottom up
  std::vector<double> values_;   ///< of each tree's leaves, `width` each
};

}  // namespace tagwerk::learners::trees
