// Grows one tree leaf by leaf, the best split first (Shi 2007), or level by level. The smaller child's histogram is
// built, the larger one's is the parent's minus it. Rows that do not teach (validation, out of bag) are routed along.
// Several threads share the search for one leaf's split: each has its own columns, whose histograms stay in its core's
// cache; in large leaves of few columns each adds up its own rows first.
#pragma once

#include <memory>
#include <vector>

#include "base/context.h"
#include "learners/trees/gradients.h"
#include "learners/trees/histogram.h"
#include "learners/trees/partition.h"
#include "learners/trees/tree.h"

namespace tagwerk::learners::trees {

enum class Growth { kLeafWise, kDepthWise };

struct GrowRules {
  SplitRules split;
  Growth growth = Growth::kLeafWise;
  int max_leaves = 31;
  int max_depth = 0;                    ///< 0: no limit
  std::vector<std::int8_t> directions;  ///< by matrix column: 1 or -1: outputs rise or fall with it; empty: free
  std::vector<std::vector<std::uint32_t>> groups;  ///< matrix columns that may meet on a path; empty: all
  std::size_t histogram_bytes = 256u << 20;        ///< most memory for kept histograms
};

/// A leaf's stretch in the two row lists after Grow.
struct LeafRows {
  std::uint32_t node = 0;
  std::size_t begin = 0, end = 0;  ///< in `rows`
  std::size_t routed_begin = 0, routed_end = 0;
  double output = 0;  ///< smoothed output of the split search; parents of path smoothing
  OutputRange range;
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
  struct Search;
  using Features = std::vector<std::int32_t>;
  Leaf Root(std::span<const std::uint8_t> use) const;
  bool Before(const Leaf& a, const Leaf& b) const;
  Packed* AcquireHistogram();
  void ReleaseHistogram(Packed*& histogram);
  bool Splittable(const Leaf& leaf) const;
  void Expand(Tree& tree, Leaf parent, bool last);
  void FindSplits(std::span<Leaf> leaves, Packed* inherited);
  std::size_t PrepareSearches(std::span<Leaf> leaves, Packed* inherited);
  void SearchShared(const Features& features, std::size_t built);
  void Gather(const Search& search, std::size_t begin, std::size_t end);
  void BuildByRows(const Search& search, const Features& features);
  void SearchPart(const BlockPart& part, std::size_t thread, const Features& features);
  void Conclude(Search& search);
  int DirectionOf(std::size_t feature) const;
  void HoldOutputs(const Leaf& parent, Leaf& left, Leaf& right) const;
  void KeepGroups(const Leaf& parent, std::span<Leaf> children) const;

  const BinnedData& data_;
  const GrowRules& rules_;
  Pool* pool_;
  std::size_t threads_;
  std::vector<BlockPart> blocks_;                  ///< all columns
  std::vector<std::vector<BlockPart>> shares_;     ///< the columns of each thread
  std::vector<std::vector<std::uint8_t>> groups_;  ///< of rules_.groups, by feature: whether it belongs to it
  std::uint64_t seed_ = 0;
  const GradientPlane* plane_ = nullptr;
  std::span<table::RowIndex> rows_, routed_;
  std::vector<Leaf> open_;
  std::vector<LeafRows> done_;
  std::vector<Search> searches_;              ///< of the leaves whose splits are looked for
  std::vector<Packed> ordered_;               ///< packed pairs of those that are built, in row order
  std::vector<std::vector<Packed>> partial_;  ///< histograms of the other threads' rows
  bool by_rows_ = false;                      ///< partial_ is to be added
  std::vector<table::RowIndex> scratch_;
  std::vector<std::unique_ptr<Packed[]>> buffers_;
  std::vector<Packed*> free_;
  std::size_t max_buffers_ = 0;
};

}  // namespace tagwerk::learners::trees
