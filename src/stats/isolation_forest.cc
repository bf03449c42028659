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

namespace {

/// Least and largest value of a feature in some rows.
struct Limits {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void Add(double value) {  // NaN compares false and changes neither
    if (value < low) low = value;
    if (value > high) high = value;
  }
  bool spread() const { return low < high; }
};

/// Values by column.
struct DenseValues {
  const std::vector<std::vector<double>>& columns;

  std::size_t rows() const { return columns.empty() ? 0 : columns[0].size(); }
  std::size_t width() const { return columns.size(); }
  double At(std::uint32_t row, std::size_t feature) const { return columns[feature][row]; }

  /// The first feature of `start`, `start` + 1, ..., around the end, whose values differ in the rows; -1: none.
  std::int32_t FirstSpread(std::span<const std::uint32_t> rows, std::size_t start, Limits& limits) const {
    for (std::size_t k = 0; k < width(); ++k) {
      const std::size_t feature = (start + k) % width();
      limits = {};
      for (const std::uint32_t row : rows) limits.Add(columns[feature][row]);
      if (limits.spread()) return std::int32_t(feature);
    }
    return -1;
  }
};

/// The same of sparse rows: features that none of the rows has an entry of are passed over.
struct SparseValues {
  const SparseRows& from;

  std::size_t rows() const { return from.rows(); }
  std::size_t width() const { return from.width; }
  double At(std::uint32_t row, std::size_t feature) const {
    const std::size_t k = FirstFrom(row, feature);
    const bool there = k < std::size_t(from.start[row + 1]) && std::size_t(from.columns[k]) == feature;
    return there ? from.values[k] : 0;
  }
  std::int32_t FirstSpread(std::span<const std::uint32_t> rows, std::size_t start, Limits& limits) const {
    const std::int32_t feature = FirstSpread(rows, start, width(), limits);
    return feature >= 0 ? feature : FirstSpread(rows, 0, start, limits);
  }

 private:
  /// Place of a row's first entry whose column is not below `feature`.
  std::size_t FirstFrom(std::uint32_t row, std::size_t feature) const {
    const auto entries =
        from.columns.subspan(std::size_t(from.start[row]), std::size_t(from.start[row + 1] - from.start[row]));
    const auto found = std::lower_bound(entries.begin(), entries.end(), feature,
                                        [](std::int32_t column, std::size_t f) { return std::size_t(column) < f; });
    return std::size_t(from.start[row] + (found - entries.begin()));
  }
  std::int32_t FirstSpread(std::span<const std::uint32_t> rows, std::size_t begin, std::size_t end,
                           Limits& limits) const {
    for (std::size_t feature = begin; feature < end; ++feature) {
      std::size_t next = end;
      for (const std::uint32_t row : rows) {
        const std::size_t k = FirstFrom(row, feature);
        if (k < std::size_t(from.start[row + 1])) next = std::min(next, std::size_t(from.columns[k]));
      }
      if (next == end) return -1;
      feature = next;
      limits = {};
      for (const std::uint32_t row : rows) limits.Add(At(row, feature));
      if (limits.spread()) return std::int32_t(feature);
    }
    return -1;
  }
};

}  // namespace

/// Grows one tree on a sample of rows.
template <class Values>
struct IsolationForest::Grower {
  const Values& values;
  Random random;
  int limit;
  std::vector<Node> nodes;

  void Grow(std::uint32_t node, std::span<std::uint32_t> rows, int depth) {
    Limits limits;
    std::int32_t feature = -1;
    // The first try is uniform over the features; where it is constant the next ones are tried in turn.
    if (rows.size() >= 2 && depth < limit) feature = values.FirstSpread(rows, random.Below(values.width()), limits);
    if (feature < 0) {
      nodes[node].cut = depth + ExpectedDepth(double(rows.size()));
      return;
    }
    const double cut = limits.low + (limits.high - limits.low) * random.Uniform();
    const auto middle = std::partition(rows.begin(), rows.end(),
                                       [&](std::uint32_t row) { return values.At(row, std::size_t(feature)) <= cut; });
    const std::uint32_t left = std::uint32_t(nodes.size());
    nodes[node] = {feature, left, cut};
    nodes.resize(nodes.size() + 2);
    const auto size = std::size_t(middle - rows.begin());
    Grow(left, rows.first(size), depth + 1);
    Grow(left + 1, rows.subspan(size), depth + 1);
  }
};

template <class Values>
IsolationForest IsolationForest::Grow(const Context& context, const Values& values, const ForestOptions& options) {
  IsolationForest forest;
  const std::size_t rows = values.rows();
  const std::size_t drawn = std::min(options.rows, rows);
  if (drawn < 2) return forest;
  forest.expected_ = ExpectedDepth(double(drawn));
  forest.trees_.resize(std::size_t(options.trees));
  const int limit = int(std::ceil(std::log2(double(drawn))));
  context.pool->For(forest.trees_.size(), [&](std::size_t t) {
    Grower<Values> grower{values, Random(Mix64(context.seed, t, 0x69666f72)), limit, std::vector<Node>(1)};
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

IsolationForest IsolationForest::Fit(const Context& context, const std::vector<std::vector<double>>& columns,
                                     const ForestOptions& options) {
  return Grow(context, DenseValues{columns}, options);
}

IsolationForest IsolationForest::Fit(const Context& context, const SparseRows& rows, const ForestOptions& options) {
  return Grow(context, SparseValues{rows}, options);
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
      scores[begin + i] = ScoreOf(depths[i]);
    }
  });
  return scores;
}

std::vector<double> IsolationForest::Score(const Context& context, const SparseRows& rows) const {
  std::vector<double> scores(rows.rows(), 0.5);
  if (trees_.empty()) return scores;
  context.pool->Chunks(rows.rows(), 256, [&](std::size_t begin, std::size_t end) {
    std::vector<double> spelt(rows.width, 0.0);  // one row; its entries are taken back after it
    for (std::size_t row = begin; row < end; ++row) {
      const auto first = std::size_t(rows.start[row]), last = std::size_t(rows.start[row + 1]);
      for (std::size_t k = first; k < last; ++k) spelt[std::size_t(rows.columns[k])] = rows.values[k];
      double depths = 0;
      for (const auto& tree : trees_) depths += Depth(tree, spelt.data());
      scores[row] = ScoreOf(depths);
      for (std::size_t k = first; k < last; ++k) spelt[std::size_t(rows.columns[k])] = 0;
    }
  });
  return scores;
}

}  // namespace tagwerk::stats
