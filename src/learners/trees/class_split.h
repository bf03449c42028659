// Gini splits for three and more classes. Rows are put in order of their bins (small nodes) or counted by
// bin and class (large ones); then classes move from the right side to the left one bin at a time, with
// integer sums of squares kept up to date.
#pragma once

#include <span>
#include <vector>

#include "learners/trees/bins.h"
#include "learners/trees/split.h"

namespace tagwerk::learners::trees {

/// Weighted sum of squares form of the Gini gain: sum_k L_k^2 / W_L + sum_k R_k^2 / W_R - sum_k T_k^2 / W.
class ClassSplitter {
 public:
  explicit ClassSplitter(int classes);

  /// Starts a node: class totals of its rows. Weights are integers that sum to at most 2^31.
  void StartNode(std::span<const table::RowIndex> rows, const std::uint32_t* label, const std::uint32_t* weight);

  /// Returns the gain of a split into pure sides.
  double MostGain() const { return double(total_weight_) - double(total_squares_) / double(total_weight_); }

  /// Improves `best` by a column's best split; returns whether the column varies within the node.
  bool Scan(const Feature& feature, std::int32_t index, const std::uint8_t* bins, const SplitRules& rules,
            std::uint64_t seed, Split& best);

 private:
  struct Item {
    std::uint32_t label, weight;
  };
  struct Group {  // the rows of one bin
    std::uint8_t bin;
    std::uint32_t begin, end;  // in sorted_: one item per row, or per class of the bin
    std::uint32_t rows;
    double rank = 0;
  };
  void SortByBin(const std::uint8_t* bins);
  void CountByBin(const std::uint8_t* bins, int slots);
  bool TryRandomCut(const Feature& feature, std::int32_t index, const std::uint8_t* bins, const SplitRules& rules,
                    std::uint64_t seed, Split& best);
  void RankCategories();
  void Move(const Group& group);
  void Reset();
  double Gain() const;
  void TryOrder(const Feature& feature, std::int32_t index, bool missing_first, std::size_t only,
                const SplitRules& rules, Split& best);
  void Record(const Feature& feature, std::int32_t index, std::size_t last, bool missing_first, double gain,
              Split& best);

  std::span<const table::RowIndex> rows_;
  std::vector<Item> items_;  // of the node's rows
  std::vector<std::int64_t> total_, left_, right_;
  std::int64_t total_weight_ = 0, left_weight_ = 0, total_squares_ = 0, left_squares_ = 0, right_squares_ = 0;
  std::size_t left_rows_ = 0;
  std::vector<Item> sorted_;
  std::vector<Group> groups_;
  std::array<std::uint32_t, 256> count_{};
  std::vector<std::uint32_t> histogram_;  // [bin][class], all 0 between uses
};

}  // namespace tagwerk::learners::trees
