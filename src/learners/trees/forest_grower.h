// Grows one tree of a forest: depth first, columns drawn anew in every node (Breiman 2001). Nodes touch
// only the bins that their rows have, so that small nodes cost no more than their rows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "learners/trees/bin_reader.h"
#include "learners/trees/class_split.h"
#include "learners/trees/gradients.h"
#include "learners/trees/partition.h"
#include "learners/trees/tree.h"

namespace tagwerk::learners::trees {

struct ForestRules {
  SplitRules split;         ///< l2 = 0, min_hessian = 0
  int max_depth = 0;        ///< 0: no limit
  std::size_t columns = 1;  ///< drawn per node
};

/// The target of all trees of a forest, by matrix row.
struct ForestTarget {
  int classes = 0;                   ///< 3 or more: class vectors; else one value per leaf
  std::vector<double> value;         ///< (y - offset) / 2^exponent; binary: 0 or 1
  std::vector<std::uint32_t> label;  ///< classes >= 3
  double center = 0;                 ///< subtracted from values while splitting
  double offset = 0;                 ///< numbers: the mean, so that the floats of splits hold what differs
  int exponent = 0;                  ///< numbers: scales them so that no float overflows
};

/// One per thread; keeps its buffers.
class ForestGrower {
 public:
  ForestGrower(const BinnedData& data, const ForestRules& rules, const ForestTarget& target);

  /// Grows a tree on `rows` (ascending, reordered) with weight[k] for rows[k].
  Tree Grow(std::vector<table::RowIndex>& rows, const std::vector<float>& weight, std::uint64_t seed);

 private:
  struct Node {
    std::uint32_t node;
    std::size_t begin, end;
    int depth;
  };
  void SetWeights(const std::vector<table::RowIndex>& rows, const std::vector<float>& weight);
  bool IsPure(std::span<const table::RowIndex> rows) const;
  Split FindSplit(std::span<const table::RowIndex> rows, std::uint64_t seed);
  bool ScanColumn(std::int32_t feature, std::span<const table::RowIndex> rows, const LeafScan& leaf, Split& best);
  bool TryRandomCut(std::int32_t feature, std::span<const table::RowIndex> rows, const LeafScan& leaf, Split& best);
  void SetLeaf(Tree& tree, std::uint32_t node, std::span<const table::RowIndex> rows) const;

  const BinnedData& data_;
  const ForestRules& rules_;
  const ForestTarget& target_;
  GradientPlane plane_;                      // one value per leaf
  std::vector<std::uint32_t> class_weight_;  // class vectors: quantised weight by row
  std::vector<Packed> ordered_;              // packed pairs of the node's rows
  BinReader reader_;
  std::vector<Packed> histogram_;  // of one column, all 0 between uses
  ClassSplitter splitter_;
  std::vector<std::int32_t> order_;  // columns, partly shuffled in every node
  WorkRoom scratch_;
};

}  // namespace tagwerk::learners::trees
