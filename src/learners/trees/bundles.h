// Columns that are hardly ever anything but their most frequent value share one byte of a row, as long as no training
// row has two of them at once (exclusive feature bundling, Ke et al. 2017, section 4, without conflicts, so that
// nothing changes but the speed). Rare ones that meet too often go to sparse blocks: their rows are listed.
#pragma once

#include <cstdint>
#include <vector>

#include "learners/trees/bin_column.h"

namespace tagwerk::learners::trees {

/// Features of one store.
struct Bundle {
  std::vector<std::uint32_t> features;
  bool sparse = false;
};

/// Whether so few of so many rows differ from the others that listing them is less than a byte for every row.
bool IsRare(std::size_t rows, std::size_t all);

/// Parts features into bundles, most of them of one. Features of sparse bundles and those that share a bundle get their
/// frequent_bin.
std::vector<Bundle> FindBundles(const std::vector<ColumnBins>& columns, const LearnRows& rows, Pool* pool,
                                std::vector<Feature>& features);

}  // namespace tagwerk::learners::trees
