// A forest of trees with few different tests each, as oblivious ones have: a tree is a table, which the outcomes of its
// tests index as bits. The tests of a tree are compared for a tile of rows at once; nothing is walked. Leaves are added
// in the order of the trees, so that the sums have the bits of walking node by node.
#pragma once

#include <memory>
#include <vector>

#include "learners/trees/forest_model.h"
#include "learners/trees/kernels.h"
#include "learners/trees/lane_forest.h"
#include "learners/trees/tile_forest.h"

namespace tagwerk::learners::trees {

class TableForest final : public TileEngine, public RowEngine {
 public:
  static constexpr std::size_t kTests = 8;  ///< most of a tree: numbers of cells are bytes

  /// Returns null when a tree has more different tests, when they are hardly fewer than the splits, or when the tables
  /// would take over 64 MB. The forest must outlive what is made.
  static std::unique_ptr<const TableForest> Make(const Forest& forest);

  void AddTo(std::size_t first, std::size_t last, const std::uint8_t* codes, double* sums) const override;
  void AddRow(const std::uint8_t* codes, double* sums) const override;

 private:
  struct Tree {
    std::size_t first_test = 0, first_value = 0;
    std::uint32_t tests = 0;
  };
  explicit TableForest(const Forest& forest);
  bool AddTree(const Forest& forest, std::size_t tree);
  void FillTable(const Forest& forest, std::size_t tree, const std::vector<std::uint8_t>& test_of);

  std::size_t scores_, width_;
  std::vector<Tree> trees_;
  const std::vector<CodeSet>& sets_;
  std::vector<TableTest> tests_;
  std::vector<double> values_;  ///< 2^tests cells of each tree, `width` each
};

}  // namespace tagwerk::learners::trees
