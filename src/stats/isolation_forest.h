// Isolation forest (Liu, Ting & Zhou 2008): rows that random cuts separate early are unlike the others.
// Trees grow on small samples; the score of a row is 2^(-mean depth / c(sample)), above 0.5 = easier to
// separate than an average row. Deterministic for a seed, whatever the number of threads.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/result.h"

namespace tagwerk::stats {

struct ForestOptions {
  int trees = 100;
  std::size_t rows = 256;  ///< of each tree's sample
};

/// Compressed sparse rows: row i has values[k] in column columns[k] for start[i] <= k < start[i + 1] and 0 elsewhere;
/// the columns of a row ascend.
struct SparseRows {
  std::span<const double> values;
  std::span<const std::int32_t> columns;
  std::span<const std::int64_t> start;
  std::size_t width = 0;
  std::size_t rows() const { return start.empty() ? 0 : start.size() - 1; }
};

class IsolationForest {
 public:
  struct Node {
    std::int32_t feature = -1;  ///< -1: leaf
    std::uint32_t left = 0;     ///< right child follows it
    double cut = 0;             ///< leaf: depth, with the expected depth of its rows added
  };

  /// `columns[f][i]`: value of feature f in row i; NaN = missing, is above every cut. At least one feature and two
  /// rows.
  static IsolationForest Fit(const Context& context, const std::vector<std::vector<double>>& columns,
                             const ForestOptions& options = {});
  /// The same forest from sparse rows, whose zeros are never filled in; at least one column and two rows.
  static IsolationForest Fit(const Context& context, const SparseRows& rows, const ForestOptions& options = {});
  /// Scores every row, 0..1.
  std::vector<double> Score(const Context& context, const std::vector<std::vector<double>>& columns) const;
  std::vector<double> Score(const Context& context, const SparseRows& rows) const;

  const std::vector<std::vector<Node>>& trees() const { return trees_; }
  double expected() const { return expected_; }
  /// The same forest again of its parts, which are checked: model-damaged.
  static Result<IsolationForest> FromTrees(std::vector<std::vector<Node>> trees, double expected, std::size_t features);

 private:
  template <class Values>
  struct Grower;
  template <class Values>
  static IsolationForest Grow(const Context& context, const Values& values, const ForestOptions& options);
  double ScoreOf(double depths) const { return std::exp2(-depths / double(trees_.size()) / expected_); }
  /// Returns the depth at which a row's leaf lies.
  static double Depth(const std::vector<Node>& tree, const double* row);
  std::vector<std::vector<Node>> trees_;
  double expected_ = 1;  ///< mean depth of an unsuccessful search among `rows`
};

/// Mean path length of an unsuccessful search in a binary tree of n rows: 2 H(n - 1) - 2 (n - 1) / n.
double ExpectedDepth(double n);

}  // namespace tagwerk::stats
