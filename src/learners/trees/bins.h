// Binned data: every column as bytes, in two layouts. Row blocks of 16 columns feed histograms, whole
// columns feed partitions. Columns whose rows nearly all have one bin are held without these rows in both.
// Built once per matrix and training rows, shared by all fits (FitCache).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/context.h"
#include "base/scratch.h"
#include "learners/trees/kernels.h"
#include "learners/trees/target_statistics.h"
#include "learners/trees/training_rows.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

inline constexpr int kBlock = 16;  ///< bytes of a row in a block
inline constexpr std::size_t kMaxFeatures = 65535;

/// One usable column: value bins 0..num_bins-1, then the bin of missing values.
struct Feature {
  std::uint32_t column = 0;               ///< in the matrix
  bool category = false;                  ///< a set of categories splits it
  bool statistic = false;                 ///< categories as numbers (target_statistics.h): thresholds split it
  bool train_missing = false;             ///< missing values occur in the training rows
  int num_bins = 0;                       ///< without the missing bin; 1..255
  std::vector<double> thresholds;         ///< numeric: bin b holds thresholds[b-1] < x <= thresholds[b]
  std::vector<std::uint8_t> bin_of_code;  ///< category, statistic: bin of each code; never seen = missing bin
  std::uint32_t store = 0;                ///< that holds it in the row blocks
  int first_slot = 0;                     ///< in a shared store: of its bins but the most frequent one
  int frequent_bin = -1;                  ///< in a shared store: follows from the leaf's total; -1: alone in its store
  int missing_bin() const { return num_bins; }
  int slots() const { return num_bins + (train_missing ? 1 : 0); }
};

/// The bins of one feature by matrix row: a byte each, or only those of the rows that differ from most.
struct ColumnBins {
  ScratchBytes bytes;                 ///< [row], and kBinPadding more; empty: listed
  int fill = 0;                       ///< listed: bin of all rows that are not in the list
  std::vector<table::RowIndex> rows;  ///< listed: ascending
  std::vector<std::uint8_t> bins;     ///< listed: theirs, none is `fill`
  bool listed() const { return bytes.empty(); }
  std::uint8_t operator[](std::size_t row) const;
};

/// A column, or several that exclude each other (bundles.h), with slots of its own in a histogram. Or the columns of a
/// sparse block.
struct Store {
  std::size_t first = 0, end = 0;  ///< features: by_store[first] to by_store[end - 1]
  int slots = 0;
  bool sparse = false;
  int step = 1;  ///< of its codes in that of its byte: the product of the slots of the byte's earlier stores
  std::uint32_t block = 0;
  std::size_t offset = 0;   ///< of its slots in a histogram
  std::size_t entries = 0;  ///< sparse: (row, column) pairs
};

/// What one byte of a row in the blocks says: the code of a store, or those of several of few slots at once (mixed
/// radix). A sparse store stands alone.
struct RowByte {
  std::size_t first = 0, end = 0;  ///< stores
  int codes = 0;                   ///< product of their slots
  int sums = 0;                    ///< histogram slots that count once the sums are those of its stores
  bool product() const { return end - first > 1; }
};

/// Up to 16 bytes of a row side by side, or a sparse store: of each row the slots of the columns that are not at their
/// frequent bin.
struct Block {
  std::size_t first = 0;   ///< byte
  int bytes = 0;           ///< 1..16
  int stride = 0;          ///< histogram slots per byte: 16 to 256, and 8 that keep bytes apart in the cache
  std::size_t offset = 0;  ///< of the block's slots in a histogram
  ScratchBytes rows;       ///< [num_rows][16], and 16 more
  std::vector<std::uint32_t> start, slot;  ///< sparse: row r has slot[start[r]] to slot[start[r + 1] - 1]
  bool sparse() const { return stride == 0; }
};

struct BinnedData {
  std::size_t num_rows = 0;
  std::vector<Feature> features;       ///< by slots, descending: their numbers do not depend on what shares a byte
  std::vector<std::int32_t> by_store;  ///< features by store
  std::vector<Store> stores;           ///< by byte
  std::vector<RowByte> bytes;          ///< by codes, descending; then sparse ones
  std::vector<Block> blocks;
  std::vector<ColumnBins> columns;  ///< by feature; BinReader (bin_reader.h) gives their bins by row
  std::size_t histogram_size = 0;   ///< slots of all blocks
  std::size_t total_bins = 0;       ///< sum of slots()
};

/// How columns become bins.
struct BinRules {
  bool bundle = false;       ///< columns that exclude each other share a store, rare ones a sparse block
  bool multiply = false;     ///< stores of few slots share a byte where rows are many (products.h); not for MultiGrower
  bool blocks = true;        ///< row blocks are wanted
  int max_bins = 255;        ///< 2 to 255
  int max_categories = 254;  ///< columns of more, rare ones counting for less than one, are numbers
                             ///< (target_statistics.h), where the task allows
};

/// Bins the first `num_rows` rows of the matrix (all, where it has fewer) with edges learned from `train` (ascending),
/// which lie within. Constant columns are left out. Without `target` no column of categories becomes numbers.
std::shared_ptr<const BinnedData> BuildBins(const Context& context, const model::Matrix& matrix, model::RowSpan train,
                                            const BinRules& rules, const StatisticsTarget* target = nullptr,
                                            std::size_t num_rows = SIZE_MAX);

/// Returns the bins of a fit, from its cache where there is one. With `statistics` columns of many categories become
/// numbers, except for three and more classes.
std::shared_ptr<const BinnedData> GetBins(const Context& context, const model::TrainingData& data,
                                          const TrainingRows& rows, const BinRules& rules, bool statistics);

}  // namespace tagwerk::learners::trees
