// A forest of small trees as tables of bit vectors (after QuickScorer, Lucchese et al., SIGIR 2015). In each tree a
// split that a row fails rules out the leaves of its left side; what all failed splits of a column rule out depends on
// the column's byte code alone, so it is tabulated: a row is one table row per column, ANDed, and the lowest bit left
// is its leaf. Trees stand in blocks whose tables fit the cache; a row's leaves are added in the order of the trees, so
// that the sums have the bits of walking node by node.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "learners/trees/forest_model.h"
#include "learners/trees/kernels.h"

namespace tagwerk::learners::trees {

class BitForest {
 public:
  static constexpr std::size_t kTrees = kTableWords;  ///< of a block: one word a tree
  static constexpr std::size_t kLeaves = 64;          ///< most of a tree

  /// Returns null when a tree has more leaves, leaves hold several values, or the tables would take over 128 MB.
  static std::unique_ptr<const BitForest> Make(const Forest& forest);

  /// Adds the trees' leaves for `n` rows of `slots` codes each to sums, `scores` per row.
  void AddTo(const std::uint8_t* codes, std::size_t slots, std::size_t n, double* sums) const;

 private:
  struct Block {
    std::size_t trees = 0, first_column = 0, last_column = 0;
    std::vector<double> values;  ///< trees x kLeaves
  };

  void AddLeaves(const Block& block, std::size_t tree, const std::uint64_t* left, double* sums) const;
  /// False when the tables would grow too large.
  bool AddBlock(const Forest& forest, std::size_t first, std::size_t trees);

  std::size_t scores_ = 1;
  std::vector<Block> blocks_;
  std::vector<TableColumn> columns_;
  std::vector<std::size_t> first_word_;  ///< of each column's table
  std::vector<std::uint64_t> table_;     ///< rows of kTrees words
};

}  // namespace tagwerk::learners::trees
