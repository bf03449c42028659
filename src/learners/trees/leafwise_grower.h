// Grows one tree leaf by leaf, the best split first (Shi 2007). The smaller child's histogram is built, the
// larger one's is the parent's minus it. Rows that do not teach (validation, out of bag) are routed along.
#pragma once

#include <memory>
#include <vector>

#include "base/context.h"
#include "learners/trees/gradients.h"
#include "learners/trees/histogram.h"
#include "learners/trees/partition.h"
#include "learners/trees/tree.h"

namespace tagwerk::learners::trees {

struct GrowRules {
  SplitRules split;
  int max_leaves = 31;
  int max_depth = 0;                         ///< 0: no limit
  std::size_t histogram_bytes = 256u << 20;  ///< most memory for kept histograms
};

/// A leaf's stretch in the two row lists after Grow.
struct LeafRows {
  std::uint32_t node = 0;
  std::size_t begin = 0, end = 0;  ///< in `rows`
  std::size_t routed_begin = 0, routed_end = 0;
  double output = 0;  ///< smoothed output of the split search; parents of path smoothing
};

class LeafwiseGrower {
 public:
  LeafwiseGrower(const BinnedData& data, const GrowRules& rules, Pool* pool);
  ~LeafwiseGrower();

  /// Grows a tree on `rows` (reordered by leaf) and reorders `routed` alike. `use` has one entry per
  /// feature. Returns false if the deadline came first; then the tree is of no use.
  bool Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed, std::span<const std::uint8_t> use,
            std::vector<table::RowIndex>& rows, std::vector<table::RowIndex>& routed, Tree& tree);
  const std::vector<LeafRows>& leaves() const { return done_; }

 private:
  struct Leaf;
  Packed* AcquireHistogram();
  void ReleaseHistogram(Packed* histogram);
  void Build(const GradientPlane& plane, Leaf& leaf, const std::vector<std::int32_t>& features);
  void Scan(const GradientPlane& plane, Leaf& leaf);
  bool Splittable(const Leaf& leaf) const;
  void Expand(const GradientPlane& plane, Tree& tree, Leaf parent, bool last);
  void FindSplits(const GradientPlane& plane, Leaf& left, Leaf& right, Packed* parent_histogram);
  std::vector<std::uint8_t> ActiveBlocks(const std::vector<std::int32_t>& features) const;

  const BinnedData& data_;
  const GrowRules& rules_;
  Pool* pool_;
  std::uint64_t seed_ = 0;
  std::span<table::RowIndex> rows_, routed_;
  std::vector<Leaf> open_;
  std::vector<LeafRows> done_;
  std::vector<Packed> ordered_;  ///< packed pairs of one leaf, in row order
  std::vector<table::RowIndex> scratch_;
  std::vector<std::unique_ptr<Packed[]>> buffers_;
  std::vector<Packed*> free_;
  std::size_t max_buffers_ = 0;
};

}  // namespace tagwerk::learners::trees
