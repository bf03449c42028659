// The row blocks of binned data.
#pragma once

#include "learners/trees/bins.h"

namespace tagwerk::learners::trees {

/// Divides the stores into blocks and gives each its place in a histogram.
void LayOutBlocks(BinnedData& data);

/// Writes the rows of a block of LayOutBlocks.
void FillBlock(const BinnedData& data, Block& block);

}  // namespace tagwerk::learners::trees
