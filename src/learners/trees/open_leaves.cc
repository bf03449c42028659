#include "learners/trees/open_leaves.h"

#include "learners/trees/partition.h"

namespace tagwerk::learners::trees {

bool Splittable(const OpenLeaf& leaf, const GrowRules& rules) {
  return EnoughRows(leaf, rules) && (rules.max_depth <= 0 || leaf.depth < rules.max_depth);
}

bool Before(const OpenLeaf& a, const OpenLeaf& b, Growth growth) {
  const bool can_a = a.best.gain > 0, can_b = b.best.gain > 0;
  if (can_a != can_b) return can_a;
  if (growth == Growth::kDepthWise && a.depth != b.depth) return a.depth < b.depth;
  return a.best.gain != b.best.gain ? a.best.gain > b.best.gain : a.node < b.node;
}

void TakeBest(std::span<const Split> found, Scale scale, double min_gain, OpenLeaf& leaf) {
  for (const Split& split : found) {
    const bool earlier = split.gain == leaf.best.gain && split.gain > 0 && split.feature < leaf.best.feature;
    if (split.gain > leaf.best.gain || earlier) leaf.best = split;
  }
  if (scale.RealGain(leaf.best.gain) <= min_gain) leaf.best.gain = 0;
}

void KeepAlive(const std::vector<std::uint8_t>& alive, OpenLeaf& leaf) {
  if (std::find(alive.begin(), alive.end(), 0) == alive.end()) return;
  auto kept = std::make_shared<Features>();
  for (std::size_t k = 0; k < alive.size(); ++k) {
    if (alive[k]) kept->push_back((*leaf.features)[k]);
  }
  leaf.features = std::move(kept);
}

void RowLists::Part(const OpenLeaf& parent, Scale scale, Tree& tree, OpenLeaf& left, OpenLeaf& right) {
  const auto f = std::size_t(parent.best.feature);
  const Sides sides = SidesOf(parent.best, data_.features[f]);
  const std::span<table::RowIndex> rows = rows_.subspan(parent.begin, parent.rows());
  const std::span<table::RowIndex> routed = routed_.subspan(parent.routed_begin, parent.routed());
  const std::size_t left_rows = Partition(rows, reader_.Of(f, rows), sides, room_, pool_);
  const std::size_t left_routed = Partition(routed, reader_.Of(f, routed), sides, room_, pool_);
  const std::uint32_t node = SplitNode(tree, parent.node, parent.best, scale.RealGain(parent.best.gain));
  DealRows(parent, node, left_rows, left_routed, left, right);
  for (OpenLeaf* leaf : {&left, &right}) {
    leaf->depth = parent.depth + 1;
    leaf->features = parent.features;
  }
}

}  // namespace tagwerk::learners::trees
