#include "learners/trees/tile_forest.h"

#include <algorithm>

namespace tagwerk::learners::trees {

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
  alignas(64) std::uint8_t leaf[kTileRows];
  for (std::size_t t = first; t < last; ++t) {
    const Tree& tree = trees_[t];
    SelectLeaves(nodes_.data() + tree.first_node, tree.nodes, sets_.data(), codes, leaf);
    const double* values = values_.data() + tree.first_leaf;
    if (scores_ == 1) {
      for (std::size_t r = 0; r < kTileRows; ++r) sums[r] += values[leaf[r]];
    } else if (width_ == 1) {
      double* to = sums + t % scores_;
      for (std::size_t r = 0; r < kTileRows; ++r) to[r * scores_] += values[leaf[r]];
    } else {
      for (std::size_t r = 0; r < kTileRows; ++r)
        for (std::size_t k = 0; k < width_; ++k) sums[r * width_ + k] += values[leaf[r] * width_ + k];
    }
  }
}

}  // namespace tagwerk::learners::trees
