#include "learners/trees/lane_forest.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kTogether = 8;     // their places stay in registers
constexpr int kSteps = 3;                // between looks whether all are at leaves
constexpr std::size_t kMostSlots = 128;  // numbers of lists are bytes
constexpr std::size_t kMostNodes = 2'000'000;

}  // namespace

std::unique_ptr<const LaneForest> LaneForest::Make(const Forest& forest) {
  if (forest.columns.size() > kMostSlots || forest.nodes.size() > kMostNodes) return nullptr;
  auto made = std::unique_ptr<LaneForest>(new LaneForest(forest));
  made->nodes_.resize(forest.nodes.size());
  for (std::size_t t = 0; t < forest.trees(); ++t) {
    const std::size_t root = forest.tree_begin[t], end = forest.tree_begin[t + 1];
    made->roots_.push_back(std::uint32_t(root));
    for (std::size_t at = root; at < end; ++at) {
      const FlatNode& from = forest.nodes[at];
      Node& node = made->nodes_[at];
      if ((from.flags & kLeafNode) != 0) continue;
      const std::size_t down = root + from.left - at;
      if ((from.flags & kCategoryNode) != 0 || down > 65535) return nullptr;
      node.down = std::uint16_t(down);
      node.list = std::uint8_t(2 * from.slot + (from.flags & kAddOne));
      node.limit = from.limit;
    }
  }
  return made;
}

void LaneForest::AddLeaf(std::size_t tree, std::uint32_t node, double* sums) const {
  const double* values = forest_.values.data() + std::size_t(forest_.payload[node]) * forest_.width;
  const std::size_t scores = forest_.scores();
  if (forest_.width == 1) {
    sums[scores == 1 ? 0 : tree % scores] += values[0];
  } else {
    for (std::size_t k = 0; k < scores; ++k) sums[k] += values[k];
  }
}

void LaneForest::AddRow(const std::uint8_t* codes, double* sums) const {
  const Node* nodes = nodes_.data();
  const auto next = [&](std::uint32_t at) {
    const Node& node = nodes[at];
    return at + node.down + std::uint32_t(codes[node.list] > node.limit);
  };
  std::size_t t = 0;
  for (; t + kTogether <= roots_.size(); t += kTogether) {
    std::uint32_t at[kTogether];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < kTogether; ++k) at[k] = roots_[t + k];
    for (unsigned open = 1; open != 0;) {
#pragma GCC unroll 3
      for (int step = 0; step < kSteps; ++step)
#pragma GCC unroll 8
        for (std::size_t k = 0; k < kTogether; ++k) at[k] = next(at[k]);
      open = 0;
#pragma GCC unroll 8
      for (std::size_t k = 0; k < kTogether; ++k) open |= nodes[at[k]].down;
    }
#pragma GCC unroll 8
    for (std::size_t k = 0; k < kTogether; ++k) AddLeaf(t + k, at[k], sums);
  }
  for (; t < roots_.size(); ++t) {
    std::uint32_t at = roots_[t];
    while (nodes[at].down != 0) at = next(at);
    AddLeaf(t, at, sums);
  }
}

}  // namespace tagwerk::learners::trees
