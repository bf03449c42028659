// A tree as it grows, on training bins. forest_builder.h turns trees into the model's form.
#pragma once

#include <cstdint>
#include <vector>

#include "learners/trees/split.h"

namespace tagwerk::learners::trees {

struct TreeNode {
  std::int32_t feature = -1;  ///< index of a Feature; -1: leaf
  std::uint32_t left = 0;     ///< child; the right one follows it. Leaf: number of its value
  std::uint32_t set = 0;      ///< category: index into Tree::sets
  std::uint8_t bin = 0;
  bool default_left = false;
  bool category = false;
  float gain = 0;   ///< improvement of the loss, real units
  float cover = 0;  ///< leaf: training rows, or their weight
};

struct Tree {
  std::vector<TreeNode> nodes;  ///< node 0 is the root; children come after their parent
  std::vector<BinSet> sets;
  std::vector<double> values;  ///< leaves x width
};

/// Turns a leaf into a split; returns the left child's index, the right one is next.
inline std::uint32_t SplitNode(Tree& tree, std::uint32_t node, const Split& split, double real_gain) {
  const auto left = static_cast<std::uint32_t>(tree.nodes.size());
  TreeNode& n = tree.nodes[node];
  n.feature = split.feature;
  n.left = left;
  n.bin = split.bin;
  n.default_left = split.default_left;
  n.category = split.category;
  n.gain = static_cast<float>(real_gain);
  if (split.category) {
    n.set = static_cast<std::uint32_t>(tree.sets.size());
    tree.sets.push_back(split.left_set);
  }
  tree.nodes.resize(left + 2);
  return left;
}

}  // namespace tagwerk::learners::trees
