#include "learners/trees/tile_forest.h"

#include <algorithm>

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kLeavesTogether = 8;  // trees whose leaves are added while the sum stays in a register

}  // namespace

std::unique_ptr<const TileForest> TileForest::Make(const Forest& forest) {
  for (std::size_t t = 0; t < forest.trees(); ++t)
    if (forest.tree_begin[t + 1] - forest.tree_begin[t] > 2 * kLeaves - 1) return nullptr;
  if (forest.columns.size() > kMostTileSlots) return nullptr;
  return std::unique_ptr<const TileForest>(new TileForest(forest));
}

TileForest::TileForest(const Forest& forest) : scores_(forest.scores()), width_(forest.width), sets_(forest.sets) {
  for (std::size_t t = 0; t < forest.trees(); ++t) AddTree(forest, t);
}

void TileForest::AddTree(const Forest& forest, std::size_t tree) {
  const std::size_t root = forest.tree_begin[tree], n = forest.tree_begin[tree + 1] - root;
  trees_.push_back({nodes_.size(), values_.size(), 0, 0});
  std::vector<std::uint16_t> place(n);  // of a node's leaf numbers: first those of constants, then of splits
  for (std::size_t i = n; i-- > 0;) {   // children stand behind their parents
    const FlatNode& from = forest.nodes[root + i];
    if ((from.flags & kLeafNode) != 0) {
      place[i] = std::uint16_t(trees_.back().leaves++);
      const double* values = forest.values.data() + std::size_t(forest.payload[root + i]) * width_;
      values_.insert(values_.end(), values, values + width_);
      continue;
    }
    TileNode node;
    node.list = std::uint16_t(2 * from.slot + (from.flags & kAddOne));
    node.limit = from.limit;
    node.left = place[from.left];
    node.right = place[from.left + 1];
    if ((from.flags & kCategoryNode) != 0) {
      node.category = true;
      node.set = forest.payload[root + i];
    }
    place[i] = std::uint16_t(kTileConstants + trees_.back().nodes++);
    nodes_.push_back(node);
  }
}

void TileForest::AddTo(std::size_t first, std::size_t last, const std::uint8_t* codes, double* sums) const {
  alignas(64) std::uint8_t leaf[kLeavesTogether][kTileRows];
  const auto select = [&](const Tree& tree, std::uint8_t* to) {
    SelectLeaves(nodes_.data() + tree.first_node, tree.nodes, sets_.data(), codes, to);
    return values_.data() + tree.first_leaf;
  };
  std::size_t t = first;
  for (; scores_ == 1 && t + kLeavesTogether <= last; t += kLeavesTogether) {
    const double* values[kLeavesTogether];
    for (std::size_t k = 0; k < kLeavesTogether; ++k) values[k] = select(trees_[t + k], leaf[k]);
    for (std::size_t r = 0; r < kTileRows; ++r) {
      double sum = sums[r];
#pragma GCC unroll 8
      for (std::size_t k = 0; k < kLeavesTogether; ++k) sum += values[k][leaf[k][r]];
      sums[r] = sum;
    }
  }
  for (; t < last; ++t) {
    const double* values = select(trees_[t], leaf[0]);
    double* to = sums + (width_ == 1 ? t % scores_ : 0);
    for (std::size_t r = 0; r < kTileRows; ++r)
      for (std::size_t k = 0; k < width_; ++k) to[r * scores_ + k] += values[leaf[0][r] * width_ + k];
  }
}

}  // namespace tagwerk::learners::trees
