// Columns that are hardly ever anything but their most frequent value share one byte of a row, as long as no training
// row has two of them at once (exclusive feature bundling, Ke et al. 2017, section 4, without conflicts, so that
// nothing changes but the speed).
#pragma once

#include <cstdint>
#include <vector>

#include "learners/trees/bins.h"

namespace tagwerk::learners::trees {

/// Parts features into bundles: lists of features, most of them of one. `columns` are the bins by matrix row. Features
/// that share a bundle get their frequent_bin.
std::vector<std::vector<std::uint32_t>> FindBundles(const std::vector<std::vector<std::uint8_t>>& columns,
                                                    model::RowSpan train, Pool* pool, std::vector<Feature>& features);

}  // namespace tagwerk::learners::trees
