// Binned data: every column as bytes, in two layouts. Row blocks of 16 columns feed histograms, whole
// columns feed partitions. Built once per matrix and training rows, shared by all fits (FitCache).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/context.h"
#include "learners/trees/kernels.h"
#include "learners/trees/target_statistics.h"
#include "learners/trees/training_rows.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

inline constexpr int kBlock = 16;  ///< stores per row block
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

/// One byte of a row in the blocks: a column, or several that exclude each other (bundles.h).
struct Store {
  std::size_t first = 0, end = 0;  ///< features
  int slots = 0;
};

struct Block {
  std::size_t first = 0;           ///< store
  int stores = 0;                  ///< 1..16
  int stride = 0;                  ///< histogram slots per store: 16 to 256, and 8 that keep stores apart in the cache
  std::size_t offset = 0;          ///< of the block's slots in a histogram
  std::vector<std::uint8_t> rows;  ///< [num_rows][16], and 16 more
};

struct BinnedData {
  std::size_t num_rows = 0;
  std::vector<Feature> features;  ///< by store
  std::vector<Store> stores;      ///< by slots, descending
  std::vector<Block> blocks;
  std::vector<std::vector<std::uint8_t>> columns;  ///< [feature][row], and kBinPadding more
  std::size_t histogram_size = 0;                  ///< slots of all blocks
  std::size_t total_bins = 0;                      ///< sum of slots()

  /// Of a store's slots in a histogram.
  std::size_t HistogramOffset(std::size_t store) const {
    const Block& block = blocks[store / kBlock];
    return block.offset + (store % kBlock) * std::size_t(block.stride);
  }
};

/// How columns become bins.
struct BinRules {
  bool bundle = false;       ///< columns that exclude each other share a store
  int max_bins = 255;        ///< 2 to 255
  int max_categories = 254;  ///< columns of more are numbers (target_statistics.h), where the task allows
};

/// Bins all rows of the matrix with edges learned from `train` (ascending). Constant columns are left out. Without
/// `target` no column of categories becomes numbers.
std::shared_ptr<const BinnedData> BuildBins(const Context& context, const model::Matrix& matrix, model::RowSpan train,
                                            const BinRules& rules, const StatisticsTarget* target = nullptr);

/// Returns the bins of a fit, from its cache where there is one. With `statistics` columns of many categories become
/// numbers, except for three and more classes.
std::shared_ptr<const BinnedData> GetBins(const Context& context, const model::TrainingData& data,
                                          const TrainingRows& rows, const BinRules& rules, bool statistics);

}  // namespace tagwerk::learners::trees
