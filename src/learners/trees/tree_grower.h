// What grows trees: rules, and the common face of the ways to grow (leafwise_grower.h, oblivious_grower.h).
#pragma once

#include <memory>
#include <vector>

#include "base/context.h"
#include "learners/trees/gradients.h"
#include "learners/trees/tree.h"

namespace tagwerk::learners::trees {

// Additions and scanned slots below which threads cost more than they give; leaves of more rows look at the clock.
inline constexpr std::size_t kShareWork = 16'000, kCheckRows = 100'000;

enum class Growth { kAuto, kLeafWise, kDepthWise, kOblivious };  ///< kAuto: growth_race.h

struct GrowRules {
  SplitRules split;
  Growth growth = Growth::kLeafWise;
  int max_leaves = 31;
  int max_depth = 0;                    ///< 0: no limit
  std::vector<std::int8_t> directions;  ///< by matrix column: 1 or -1: outputs rise or fall with it; empty: free
  std::vector<std::vector<std::uint32_t>> groups;  ///< matrix columns that may meet on a path; empty: all
  std::size_t histogram_bytes = 256u << 20;        ///< most memory for kept histograms
};

/// A leaf's output and where it may lie, real units.
struct Held {
  double output = 0;
  OutputRange range;
};

/// A leaf's stretch in the two row lists.
struct LeafRows {
  std::uint32_t node = 0;
  std::size_t begin = 0, end = 0;  ///< in `rows`
  std::size_t routed_begin = 0, routed_end = 0;
  Held held;  ///< smoothed output of the split search; parents of path smoothing
  std::size_t rows() const { return end - begin; }
  std::size_t routed() const { return routed_end - routed_begin; }
};

/// Features that may be split by, by store.
using Features = std::vector<std::int32_t>;

class TreeGrower {
 public:
  virtual ~TreeGrower() = default;

  /// Grows a tree on `rows` (ascending; reordered by leaf) and reorders `routed` alike. `use` has one entry per
  /// feature. Returns false if the deadline came first; then the tree is of no use.
  virtual bool Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed,
                    std::span<const std::uint8_t> use, std::vector<table::RowIndex>& rows,
                    std::vector<table::RowIndex>& routed, Tree& tree) = 0;
  const std::vector<LeafRows>& leaves() const { return done_; }

 protected:
  std::vector<LeafRows> done_;
};

/// `data` and `rules` must outlive it; without a pool it works alone. The tree is the same for any number of threads.
std::unique_ptr<TreeGrower> MakeGrower(const BinnedData& data, const GrowRules& rules, Pool* pool);

/// Of rules.groups, and of the columns in none: by feature, whether it belongs to the group. Empty without groups.
std::vector<std::vector<std::uint8_t>> GroupsOf(const BinnedData& data, const GrowRules& rules);

/// 1 or -1 where outputs must rise or fall with the feature.
int DirectionOf(const BinnedData& data, const GrowRules& rules, std::size_t feature);

/// The outputs of two sides of a leaf from their sums and rows, smoothed towards the parent's; where the split must
/// rise or fall, they stay below and above the middle of both (LightGBM's basic method).
struct HeldSides {
  Held left, right;
};
HeldSides HoldSides(const SplitRules& rules, Scale scale, const Held& parent, Packed left, std::size_t left_rows,
                    Packed right, std::size_t right_rows, int direction);

/// The features of `use`, which has one entry per feature.
Features UsedFeatures(const BinnedData& data, std::span<const std::uint8_t> use);

/// Whether a leaf has rows for two children.
bool EnoughRows(const LeafRows& leaf, const GrowRules& rules);

/// Gives the parent's rows to its children, whose nodes are `node` and the next; so many go left.
void DealRows(const LeafRows& parent, std::uint32_t node, std::size_t left_rows, std::size_t left_routed,
              LeafRows& left, LeafRows& right);

/// Numbers the leaves of a tree in their order.
template <class Leaf>
std::vector<LeafRows> NumberLeaves(const std::vector<Leaf>& leaves, Tree& tree) {
  for (std::size_t i = 0; i < leaves.size(); ++i) tree.nodes[leaves[i].node].left = static_cast<std::uint32_t>(i);
  return {leaves.begin(), leaves.end()};
}

/// The output of a root.
double RootOutput(const SplitRules& rules, Scale scale, Packed total);

}  // namespace tagwerk::learners::trees
