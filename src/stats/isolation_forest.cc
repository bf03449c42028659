// Isolation forest; see isolation_forest.h.
#include "stats/isolation_forest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace tagwerk::stats {

double ExpectedDepth(double n) {
  if (n <= 1) return 0;
  if (n <= 2) return 1;
  constexpr double kEulerGamma = 0.5772156649015329;
  return 2 * (std::log(n - 1) + kEulerGamma) - 2 * (n - 1) / n;
}

/// Grows one tree on a sample of rows.
struct IsolationForest::Grower {
  const std::vector<std::vector<double>>& columns;
  Random random;
  int limit;
  std::vector<Node> nodes;

  void Grow(std::uint32_t node, std::span<std::uint32_t> rows, int depth) {
    double low = 0, high = 0;
    const std::int32_t feature = rows.size() < 2 || depth >= limit ? -1 : Spread(rows, low, high);
    if (feature < 0) {
      nodes[node].cut = depth + ExpectedDepth(double(rows.size()));
      return;
    }
    const double cut = low + (high - low) * random.Uniform();
    const auto& values = columns[std::size_t(feature)];
    const auto middle = std::partition(rows.begin(), rows.end(), [&](std::uint32_t row) { return values[row] <= cut; });
    const std::uint32_t left = std::uint32_t(nodes.size());
    nodes[node] = {feature, left, cut};
    nodes.resize(nodes.size() + 2);
    const auto size = std::size_t(middle - rows.begin());
    Grow(left, rows.first(size), depth + 1);
    Grow(left + 1, rows.subspan(size), depth + 1);
  }

  /// A feature whose values differ in these rows; -1 if there is none.
  std::int32_t Spread(std::span<const std::uint32_t> rows, double& low, double& high) {
    const std::size_t start = random.Below(columns.size());
    for (std::size_t k = 0; k < columns.size(); ++k) {
      // The first try is uniform over the features; where it is constant the next ones are tried in turn.
      const std::size_t feature = (start + k) % columns.size();
      const auto& values = columns[feature];
      low = std::numeric_limits<double>::infinity();
      high = -low;
      for (const std::uint32_t row : rows) {  // NaN compares false and changes neither
        if (values[row] < low) low = values[row];
        if (values[row] > high) high = values[row];
      }
      if (low < high) return std::int32_t(feature);
    }
    return -1;
  }
};

IsolationForest IsolationForest::Fit(const Context& context, const std::vector<std::vector<double>>& columns,
                                     const ForestOptions& options) {
  IsolationForest forest;
  const std::size_t rows = columns.empty() ? 0 : columns[0].size();
  const std::size_t drawn = std::min(options.rows, rows);
  if (drawn < 2) return forest;
  forest.expected_ = ExpectedDepth(double(drawn));
  forest.trees_.resize(std::size_t(options.trees));
  const int limit = int(std::ceil(std::log2(double(drawn))));
  context.pool->For(forest.trees_.size(), [&](std::size_t t) {
    Grower grower{columns, Random(Mix64(context.seed, t, 0x69666f72)), limit, std::vector<Node>(1)};
    // Floyd's sampling without replacement needs no list of all rows.
    std::vector<std::uint32_t> sample;
    for (std::size_t j = rows - drawn; j < rows; ++j) {
      const std::uint32_t pick = std::uint32_t(grower.random.Below(j + 1));
      const bool taken = std::find(sample.begin(), sample.end(), pick) != sample.end();
      sample.push_back(taken ? std::uint32_t(j) : pick);
    }
    grower.Grow(0, sample, 0);
    forest.trees_[t] = std::move(grower.nodes);
  });
  return forest;
}

Result<IsolationForest> IsolationForest::FromTrees(std::vector<std::vector<Node>> trees, double expected,
                                                   std::size_t features) {
  bool sound = std::isfinite(expected) && expected > 0;
  for (const auto& tree : trees) {
    sound = sound && !tree.empty();
    for (std::size_t i = 0; sound && i < tree.size(); ++i) {
      const Node& node = tree[i];
      const bool forward = node.left > i && std::size_t(node.left) + 1 < tree.size();  // so every walk ends
      sound = std::isfinite(node.cut) && (node.feature < 0 || (std::size_t(node.feature) < features && forward));
    }
  }
  if (!sound) return Error(Code::kInvalidData, "model-damaged", "an isolation forest is damaged");
  IsolationForest forest;
  forest.trees_ = std::move(trees);
  forest.expected_ = expected;
  return forest;
}

double IsolationForest::Depth(const std::vector<Node>& tree, const double* row) {
  const Node* node = tree.data();
  while (node->feature >= 0) {
    const bool right = !(row[node->feature] <= node->cut);  // missing values too, as in Grow
    node = &tree[node->left + (right ? 1 : 0)];
  }
  return node->cut;
}

std::vector<double> IsolationForest::Score(const Context& context,
                                           const std::vector<std::vector<double>>& columns) const {
  const std::size_t rows = columns.empty() ? 0 : columns[0].size();
  std::vector<double> scores(rows, 0.5);
  if (trees_.empty()) return scores;
  // A block of rows side by side in memory passes one tree after another: both stay in the nearest cache.
  const std::size_t width = columns.size();
  context.pool->Chunks(rows, 256, [&](std::size_t begin, std::size_t end) {
    std::vector<double> block((end - begin) * width), depths(end - begin);
    for (std::size_t f = 0; f < width; ++f) {
      for (std::size_t row = begin; row < end; ++row) block[(row - begin) * width + f] = columns[f][row];
    }
    for (const auto& tree : trees_) {
      for (std::size_t i = 0; i < depths.size(); ++i) depths[i] += Depth(tree, &block[i * width]);
    }
    for (std::size_t i = 0; i < depths.size(); ++i) {
      scores[begin + i] = std::exp2(-depths[i] / double(trees_.size()) / expected_);
    }
  });
  return scores;
}

}  // namespace tagwerk::stats
