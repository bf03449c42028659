// From a column of the matrix to its feature: which values share a bin, and the bins of all rows.
#pragma once

#include <cstdint>
#include <vector>

#include "learners/trees/bins.h"

namespace tagwerk::learners::trees {

/// The rows that edges are learned from: all that teach, or a fixed sample of them.
class LearnRows {
 public:
  /// `num_rows`: rows that are binned, the first ones of the matrix.
  LearnRows(model::RowSpan train, std::size_t num_rows);

  std::size_t num_rows() const { return num_rows_; }
  model::RowSpan train() const { return train_; }
  model::RowSpan sampled() const { return sample_.empty() ? train_ : model::RowSpan(sample_); }
  bool Teaches(table::RowIndex row) const { return teaches_.empty() || Has(teaches_, row); }
  bool Sampled(table::RowIndex row) const { return sampled_.empty() ? Teaches(row) : Has(sampled_, row); }

 private:
  using Bits = std::vector<std::uint64_t>;
  static bool Has(const Bits& bits, std::size_t row) { return (bits[row / 64] >> (row % 64) & 1) != 0; }

  model::RowSpan train_;
  std::size_t num_rows_;
  std::vector<table::RowIndex> sample_;  ///< empty: all
  Bits teaches_, sampled_;               ///< by matrix row; empty: all, and as teaches_
};

/// Where bytes for every row are kept: in memory, or in temporary files where they would take more than a third of the
/// memory limit.
class BinRoom {
 public:
  BinRoom(const Context& context, const model::Matrix& matrix, std::size_t num_rows, bool blocks);
  /// `size` zeros. Bytes that no file takes are kept in memory, with a warning in the log.
  ScratchBytes Of(std::size_t size) const;

 private:
  const Context& context_;
  bool in_files_;
};

/// A feature with the bins of all rows; num_bins = 0: of no use.
struct BinnedColumn {
  Feature feature;
  ColumnBins bins;
};

/// Learns the bins of a column. Columns of numbers that are held row by row get their bins from AssignNumbers, and
/// AnyMissing tells of missing values beyond the sample; all others get both at once.
BinnedColumn LearnColumn(const model::MatrixColumn& column, const LearnRows& rows, const BinRules& rules,
                         const StatisticsTarget* target, const BinRoom& room);

/// Returns whether AssignNumbers gives a column its bins.
inline bool IsAssignedLater(const model::MatrixColumn& column) {
  return column.numeric != nullptr || column.elsewhere != nullptr;
}

/// Writes the bins of rows [begin, begin + count) of a column of numbers; `buffer` is room for numbers.
void AssignNumbers(const model::MatrixColumn& column, std::size_t begin, std::size_t count, BinnedColumn& made,
                   std::vector<double>& buffer);

/// Returns whether a row of [begin, begin + count) that teaches has no number; `buffer` as for AssignNumbers.
bool AnyMissing(const model::MatrixColumn& column, std::size_t begin, std::size_t count, const LearnRows& rows,
                std::vector<double>& buffer);

/// Turns bytes into a list of what differs from `fill`, and back.
void ListBins(int fill, std::size_t num_rows, ColumnBins& bins);
void SpellOutBins(std::size_t num_rows, ColumnBins& bins);

}  // namespace tagwerk::learners::trees
