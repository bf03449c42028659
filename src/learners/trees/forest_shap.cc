#include "learners/trees/forest_shap.h"

#include <algorithm>

#include "learners/trees/gauss_legendre.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kMostPoints = 64;  ///< exact up to 128 columns on a path; beyond, far below rounding still
constexpr std::size_t kMostDepth = 4096;
constexpr std::size_t kBlockBytes = std::size_t(1) << 20;  ///< of values while trees are added

bool IsLeaf(const FlatNode& node) { return (node.flags & kLeafNode) != 0; }

bool IsMean(Transform t) { return t >= Transform::kMean && t <= Transform::kMeanClasses; }

/// Depths, and how many columns the longest path has; edges become a tree's in depth-first order.
class Layout {
 public:
  Layout(const Forest& forest, std::size_t tree, const std::vector<std::uint32_t>& player_of_slot)
      : forest_(forest),
        root_(forest.tree_begin[tree]),
        nodes_(forest.tree_begin[tree + 1] - root_),
        player_of_slot_(player_of_slot) {}

  /// False when a node is reached twice or not at all, or the depth is too much.
  bool Run() {
    struct Open {
      std::uint32_t to, level;
    };
    std::vector<Open> stack;
    const auto push = [&](std::uint32_t to, std::uint32_t level) {
      if (IsLeaf(forest_.nodes[root_ + to])) return;
      const std::uint32_t left = forest_.nodes[root_ + to].left;
      stack.push_back({left + 1, level});
      stack.push_back({left, level});
    };
    std::vector<std::uint32_t> parent_at{0};  // node by depth
    std::vector<std::uint32_t> columns{0};    // distinct on the path, by depth
    push(0, 1);
    while (!stack.empty()) {
      const Open open = stack.back();
      stack.pop_back();
      if (edges.size() + 1 >= nodes_ || open.level > kMostDepth) return false;
      Add(open.to, open.level, parent_at[open.level - 1]);
      parent_at.resize(open.level);
      parent_at.push_back(open.to);
      columns.resize(open.level);
      columns.push_back(columns.back() + (edges.back().up == 0 ? 1 : 0));
      if (!edges.back().leaf) push(open.to, open.level + 1);
      if (edges.back().leaf) {
        const std::uint32_t next = stack.empty() ? 1 : stack.back().level;
        edges.back().closes = open.level - next;
      }
      most_columns = std::max<std::size_t>(most_columns, columns.back());
      depth = std::max<std::size_t>(depth, open.level);
    }
    return edges.size() + 1 == nodes_;
  }

  std::vector<ShapEdge> edges;
  std::vector<std::uint32_t> node;  ///< that each edge leads to, relative to the tree
  std::size_t most_columns = 0, depth = 0;

 private:
  void Add(std::uint32_t child, std::uint32_t child_depth, std::uint32_t parent) {
    const FlatNode& from = forest_.nodes[root_ + parent];
    ShapEdge edge;
    edge.depth = child_depth;
    edge.player = player_of_slot_[from.slot];
    edge.code = 2 * std::uint32_t(from.slot) + (from.flags & kAddOne);
    edge.limit = from.limit;
    edge.right = child != from.left;
    if ((from.flags & kCategoryNode) != 0) edge.left_set = &forest_.sets[forest_.payload[root_ + parent]];
    edge.leaf = IsLeaf(forest_.nodes[root_ + child]);
    if (edge.leaf) edge.value = forest_.payload[root_ + child];
    path_.resize(child_depth - 1);
    for (std::size_t d = path_.size(); d > 0 && edge.up == 0; --d)
      if (path_[d - 1] == edge.player) edge.up = std::uint32_t(d);
    path_.push_back(edge.player);
    edges.push_back(edge);
    node.push_back(child);
  }

  const Forest& forest_;
  std::size_t root_, nodes_;
  const std::vector<std::uint32_t>& player_of_slot_;
  std::vector<std::uint32_t> path_;  // players, by depth from 1
};

/// How many training rows came to each node, summed up from the leaves.
std::vector<double> CoverOf(const Forest& forest, std::size_t tree, std::size_t first_leaf) {
  const std::size_t root = forest.tree_begin[tree], n = forest.tree_begin[tree + 1] - root;
  std::vector<double> cover(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    if (IsLeaf(forest.nodes[root + i])) cover[i] = forest.leaf_cover[first_leaf++];
  for (std::size_t i = n; i-- > 0;) {
    const FlatNode& node = forest.nodes[root + i];
    if (!IsLeaf(node)) cover[i] = cover[node.left] + cover[node.left + 1];
  }
  return cover;
}

const Quadrature& PointsOf(std::size_t n) {
  static const std::vector<Quadrature> all = [] {
    std::vector<Quadrature> made;
    for (std::size_t k = 0; k <= kMostPoints; ++k) made.push_back(GaussLegendre(k));
    return made;
  }();
  return all[n];
}

/// The four runs of factors of every edge; `share`: of the training rows that take the edge.
void SetFactors(ShapTree& tree, const std::vector<double>& share) {
  const Quadrature& points = PointsOf(tree.points);
  tree.factors.resize(tree.edges.size() * 4 * tree.points);
  std::vector<double> missed(tree.depth + 1, 1.0);  // product of the column's shares down the path, by depth
  double* to = tree.factors.data();
  for (std::size_t i = 0; i < tree.edges.size(); ++i, to += 4 * tree.points) {
    ShapEdge& edge = tree.edges[i];
    const double above = edge.up == 0 ? 1.0 : missed[edge.up];
    const double z = missed[edge.depth] = above * share[i];
    edge.both_missed = share[i];
    for (std::size_t q = 0; q < tree.points; ++q) {
      const double t = points.at[q], rest = 1 - t, w = points.weight[q];
      const double own = t + z * rest, before = t + above * rest;
      to[q] = own / before;
      to[tree.points + q] = z * rest / before;
      to[2 * tree.points + q] = w * (above - z) / (own * before);
      to[3 * tree.points + q] = -w / (rest * before);
    }
  }
}

}  // namespace

Result<std::unique_ptr<const ForestShap>> ForestShap::Make(const Forest& forest, std::size_t most_kept) {
  std::size_t leaves = 0;
  for (const FlatNode& node : forest.nodes) leaves += IsLeaf(node);
  if (forest.leaf_cover.size() != leaves)
    return Error(Code::kFailedPrecondition, "shap-no-covers",
                 "model does not hold how many training rows its leaves had")
        .Do("train it again, or import it again from the file that it came from");
  auto made = std::unique_ptr<ForestShap>(new ForestShap(forest));
  if (!made->Prepare(most_kept))
    return Error(Code::kFailedPrecondition, "shap-too-deep",
                 "a tree of the model has more than " + std::to_string(kMostDepth) + " levels");
  return std::unique_ptr<const ForestShap>(std::move(made));
}

ForestShap::ForestShap(const Forest& forest) : forest_(forest) {
  for (const ForestColumn& column : forest.columns) players_.push_back(column.column);
  std::sort(players_.begin(), players_.end());
  players_.erase(std::unique(players_.begin(), players_.end()), players_.end());
  for (const ForestColumn& column : forest.columns)
    player_of_slot_.push_back(
        std::uint32_t(std::lower_bound(players_.begin(), players_.end(), column.column) - players_.begin()));
  if (IsMean(forest.transform)) scale_ = 1.0 / double(std::max<std::size_t>(1, forest.trees()));
}

bool ForestShap::Prepare(std::size_t most_kept) {
  const std::uint32_t scores = forest_.scores(), width = forest_.width;
  base_.assign(scores, 0.0);
  std::size_t leaves = 0, bytes = 0;
  for (std::size_t t = 0; t < forest_.trees(); ++t) {
    first_leaf_.push_back(leaves);
    const std::size_t root = forest_.tree_begin[t], n = forest_.tree_begin[t + 1] - root;
    const std::vector<double> cover = CoverOf(forest_, t, leaves);
    for (std::size_t i = 0; i < n; ++i) {
      if (!IsLeaf(forest_.nodes[root + i])) continue;
      const double share = n == 1 ? 1.0 : cover[0] > 0 ? forest_.leaf_cover[leaves] / cover[0] : 0.0;
      ++leaves;
      for (std::uint32_t k = 0; k < width; ++k)
        base_[width > 1 ? k : t % scores] +=
            scale_ * share * forest_.values[std::size_t(forest_.payload[root + i]) * width + k];
    }
    auto tree = TreeOf(t);
    if (!tree) return false;
    bytes += tree->edges.size() * (sizeof(ShapEdge) + 4 * sizeof(double) * tree->points);
    if (bytes <= most_kept)
      kept_.push_back(std::move(*tree));
    else
      kept_ = {};
  }
  for (std::uint32_t k = 0; k < scores; ++k) base_[k] += forest_.start[k];
  return true;
}

std::optional<ShapTree> ForestShap::TreeOf(std::size_t tree) const {
  Layout layout(forest_, tree, player_of_slot_);
  if (!layout.Run()) return std::nullopt;
  const std::vector<double> cover = CoverOf(forest_, tree, first_leaf_[tree]);
  std::vector<double> share;
  std::vector<std::uint32_t> parent(layout.depth + 1, 0);
  for (std::size_t i = 0; i < layout.edges.size(); ++i) {
    const std::uint32_t depth = layout.edges[i].depth, child = layout.node[i];
    const double above = cover[parent[depth - 1]];
    share.push_back(above > 0 ? cover[child] / above : 0.5);
    parent[depth] = child;
  }
  ShapTree made;
  made.depth = layout.depth;
  made.points = std::clamp<std::size_t>((layout.most_columns + 1) / 2, 1, kMostPoints);
  made.edges = std::move(layout.edges);
  SetFactors(made, share);
  return made;
}

void ForestShap::AddTo(const std::uint8_t* codes, std::size_t n, double* out) const {
  const std::size_t row_values = forest_.scores() * players_.size();
  const std::size_t block = std::clamp<std::size_t>(
      kBlockBytes / (sizeof(double) * std::max<std::size_t>(1, row_values)) / kShapRows, 1, 128);
  for (std::size_t begin = 0; begin < n; begin += block * kShapRows)
    AddBlock(codes, n, begin, std::min(n, begin + block * kShapRows), out);
}

void ForestShap::AddBlock(const std::uint8_t* codes, std::size_t n, std::size_t begin, std::size_t end,
                          double* out) const {
  const std::size_t groups = (end - begin + kShapRows - 1) / kShapRows, lists = 2 * forest_.columns.size();
  const std::size_t scores = forest_.scores(), players = players_.size(), width = forest_.width;
  std::vector<double> spread(groups * lists * kShapRows);  // by group: lists x rows; rows beyond the end stay 0
  for (std::size_t row = begin; row < end; ++row) {
    double* to = spread.data() + (row - begin) / kShapRows * lists * kShapRows + (row - begin) % kShapRows;
    for (std::size_t slot = 0; slot < forest_.columns.size(); ++slot) {
      const std::uint8_t code = codes[slot * n + row];
      to[2 * slot * kShapRows] = code;
      to[(2 * slot + 1) * kShapRows] = static_cast<std::uint8_t>(code + 1);
    }
  }
  std::vector<double> sums(groups * scores * players * kShapRows, 0.0);
  ShapScratch scratch;
  for (std::size_t t = 0; t < forest_.trees(); ++t) {
    std::optional<ShapTree> made;
    if (kept_.empty() && !(made = TreeOf(t))) continue;
    const ShapTree& tree = made ? *made : kept_[t];
    if (tree.edges.empty()) continue;
    scratch.Fit(tree.depth, tree.points);
    for (std::size_t k = 0; k < width; ++k) {
      const std::size_t score = width > 1 ? k : t % scores;
      for (std::size_t g = 0; g < groups; ++g)
        AddShapRows(tree, spread.data() + g * lists * kShapRows, forest_.values.data() + k, width, scratch,
                    sums.data() + (g * scores + score) * players * kShapRows);
    }
  }
  for (std::size_t row = begin; row < end; ++row) {
    const double* from =
        sums.data() + (row - begin) / kShapRows * scores * players * kShapRows + (row - begin) % kShapRows;
    for (std::size_t j = 0; j < scores * players; ++j) out[row * scores * players + j] += scale_ * from[j * kShapRows];
  }
}

}  // namespace tagwerk::learners::trees
