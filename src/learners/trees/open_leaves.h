// What growers that split the best leaf first share, be it for one output (leafwise_grower.h) or several
// (multi_grower.h).
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/work_room.h"
#include "learners/trees/bin_reader.h"
#include "learners/trees/histogram_pool.h"
#include "learners/trees/tree_grower.h"

namespace tagwerk::learners::trees {

/// A leaf that may still be split. Features without a valid split in the parent are not tried again.
struct OpenLeaf : LeafRows {
  int depth = 0;
  Split best;  ///< gain 0: not to be split
  std::shared_ptr<const Features> features;
};

/// Whether rules let the leaf be split at all.
bool Splittable(const OpenLeaf& leaf, const GrowRules& rules);

/// The order in which leaves are split; those that cannot be split come last.
bool Before(const OpenLeaf& a, const OpenLeaf& b, Growth growth);

/// Takes the best of the splits that threads found, if it gains enough. Threads ascend by feature: ties keep the lower
/// one.
void TakeBest(std::span<const Split> found, Scale scale, double min_gain, OpenLeaf& leaf);

/// Keeps the features that are alive, by position.
void KeepAlive(const std::vector<std::uint8_t>& alive, OpenLeaf& leaf);

/// The row lists of a tree as it grows.
class RowLists {
 public:
  RowLists(const BinnedData& data, Pool* pool) : data_(data), pool_(pool), reader_(data) {}

  void Start(std::span<table::RowIndex> rows, std::span<table::RowIndex> routed) {
    rows_ = rows;
    routed_ = routed;
  }
  std::span<const table::RowIndex> all() const { return rows_; }
  std::span<const table::RowIndex> Of(const LeafRows& leaf) const { return rows_.subspan(leaf.begin, leaf.rows()); }

  /// Gives all rows to a leaf.
  void GiveAll(LeafRows& root) const {
    root.end = rows_.size();
    root.routed_end = routed_.size();
  }

  /// Free between partings.
  WorkRoom& room() { return room_; }

  /// Turns a leaf of the tree into its best split and deals its rows, depth and features to the children.
  void Part(const OpenLeaf& parent, Scale scale, Tree& tree, OpenLeaf& left, OpenLeaf& right);

 private:
  const BinnedData& data_;
  Pool* pool_;
  BinReader reader_;
  std::span<table::RowIndex> rows_, routed_;
  WorkRoom room_;
};

/// A histogram from the pool; with its budget used up, the open leaf that is least likely to be split gives its own
/// away.
template <class Word, class Leaf>
Word* AcquireHistogram(HistogramPool<Word>& pool, Growth growth, std::vector<Leaf>& open) {
  if (pool.used_up()) {
    Leaf* poorest = nullptr;
    for (Leaf& leaf : open) {
      if (leaf.histogram && (!poorest || !Before(leaf, *poorest, growth))) poorest = &leaf;
    }
    pool.Release(poorest->histogram);
  }
  return pool.Acquire();
}

/// Calls expand(leaf, whether it is the tree's last split) for the open leaf that comes first, until there are enough
/// leaves or none gains; `expand` adds the children to `open`. Returns false if the deadline came first.
template <class Leaf, class Expand>
bool SplitBestFirst(const Context& context, const GrowRules& rules, std::vector<Leaf>& open, const Expand& expand) {
  const auto before = [&](const Leaf& a, const Leaf& b) { return Before(a, b, rules.growth); };
  while (open.size() < std::size_t(rules.max_leaves)) {
    const auto top = std::min_element(open.begin(), open.end(), before);
    if (top->best.gain <= 0) break;
    if (top->rows() > kCheckRows && context.ShouldStop()) return false;
    Leaf parent = std::move(*top);
    open.erase(top);
    expand(std::move(parent), open.size() + 2 >= std::size_t(rules.max_leaves));
  }
  return true;
}

}  // namespace tagwerk::learners::trees
