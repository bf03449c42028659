#include "learners/trees/lane_forest.h"

#include <algorithm>

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kTogether = 16;         // they hide each other's waiting for the cache
constexpr int kSteps = 3;                     // between looks whether all are at leaves
constexpr std::size_t kMostSlots = 128;       // numbers of lists are bytes
constexpr std::size_t kMostLaneLeaves = 256;  // of a tree: numbers of leaves are bytes
constexpr std::size_t kMostNodes = 2'000'000;

}  // namespace

std::unique_ptr<const LaneForest> LaneForest::Make(const Forest& forest, bool wide) {
  if (forest.columns.size() > kMostSlots || forest.nodes.size() > kMostNodes) return nullptr;
  auto made = std::unique_ptr<LaneForest>(new LaneForest(forest));
  made->nodes_.resize(forest.nodes.size());
  for (std::size_t t = 0; t < forest.trees(); ++t) {
    const std::size_t root = forest.tree_begin[t], end = forest.tree_begin[t + 1];
    made->roots_.push_back(std::uint32_t(root));
    made->first_values_.push_back(std::uint32_t(made->values_.size()));
    std::size_t leaves = 0;
    for (std::size_t at = root; at < end; ++at) {
      const FlatNode& from = forest.nodes[at];
      Node& node = made->nodes_[at];
      if ((from.flags & kLeafNode) != 0) {
        if (leaves == kMostLaneLeaves) return nullptr;
        node = Node(leaves++);
        const double* values = forest.values.data() + std::size_t(forest.payload[at]) * forest.width;
        made->values_.insert(made->values_.end(), values, values + forest.width);
        continue;
      }
      const std::size_t down = root + from.left - at;
      if ((from.flags & kCategoryNode) != 0 || down > 65535) return nullptr;
      const Node list = 2 * from.slot + (from.flags & kAddOne);
      node = list | Node(255 - from.limit) << 8 | Node(down) << 16;
    }
  }
  // A leaf of no tree fills up the last group; what it adds is left out.
  const auto none = std::uint32_t(made->nodes_.size());
  made->nodes_.push_back(0);
  made->wide_ = wide && forest.columns.size() <= kWideSlots;
  while (made->roots_.size() % (made->wide_ ? kWideTrees : kTogether) != 0) made->roots_.push_back(none);
  return made;
}

void LaneForest::AddLeaf(std::size_t tree, std::uint32_t leaf, double* sums) const {
  const std::size_t scores = forest_.scores(), width = forest_.width;
  const double* values = values_.data() + first_values_[tree] + leaf * width;
  double* to = sums + (width == 1 ? tree % scores : 0);
  for (std::size_t k = 0; k < width; ++k) to[k] += values[k];
}

// In the order of the trees, as everywhere: the same bits.
void LaneForest::AddRowWide(const std::uint8_t* codes, double* sums) const {
  std::uint32_t leaves[kWideMost];
  const bool one = forest_.scores() == 1;
  for (std::size_t t = 0; t < forest_.trees(); t += kWideMost) {
    WalkWide(nodes_.data(), roots_.data() + t, std::min(kWideMost, roots_.size() - t), forest_.columns.size(), codes,
             leaves);
    const std::size_t filled = std::min(kWideMost, forest_.trees() - t);
    double sum = sums[0];
    for (std::size_t k = 0; one && k < filled; ++k) sum += values_[first_values_[t + k] + leaves[k]];
    if (one) sums[0] = sum;
    for (std::size_t k = 0; !one && k < filled; ++k) AddLeaf(t + k, leaves[k], sums);
  }
}

void LaneForest::AddRow(const std::uint8_t* codes, double* sums) const {
  if (wide_) return AddRowWide(codes, sums);
  const Node* nodes = nodes_.data();
  Node high[kCodes];  // codes where they carry
  for (std::size_t i = 0; i < kCodes; ++i) high[i] = Node(codes[i]) << 8;
  const auto down = [&](std::uint32_t at) {
    const Node node = nodes[at];
    return (node + high[node & 255]) >> 16;
  };
  const bool one = forest_.scores() == 1;
  double sum = sums[0];  // in a register: every addition waits for the one before
  for (std::size_t t = 0; t < roots_.size(); t += kTogether) {  // filled up with trees of one leaf
    std::uint32_t at[kTogether];
#pragma GCC unroll 16
    for (std::size_t k = 0; k < kTogether; ++k) at[k] = roots_[t + k];
    for (std::uint32_t moved = 1; moved != 0;) {
      moved = 0;
#pragma GCC unroll 4
      for (int step = 1; step < kSteps; ++step)
#pragma GCC unroll 16
        for (std::size_t k = 0; k < kTogether; ++k) at[k] += down(at[k]);
#pragma GCC unroll 16
      for (std::size_t k = 0; k < kTogether; ++k) {
        std::uint32_t by = down(at[k]);
        asm("" : "+r"(by));  // in a register of its own: compilers gather lanes into vectors here, at twice the time
        moved |= by;
        at[k] += by;
      }
    }
    const std::size_t filled = std::min(kTogether, forest_.trees() - t);
    if (one && filled == kTogether) {
#pragma GCC unroll 16
      for (std::size_t k = 0; k < kTogether; ++k) sum += values_[first_values_[t + k] + (nodes[at[k]] & 255)];
      continue;
    }
    if (one) sums[0] = sum;
    for (std::size_t k = 0; k < filled; ++k) AddLeaf(t + k, nodes[at[k]] & 255, sums);
    if (one) sum = sums[0];
  }
  if (one) sums[0] = sum;
}

}  // namespace tagwerk::learners::trees
