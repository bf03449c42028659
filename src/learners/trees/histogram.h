// Histograms of packed gradient pairs over the row blocks. Integer sums: any order and any split of the
// work gives the same bits.
#pragma once

#include <span>
#include <vector>

#include "base/context.h"
#include "learners/trees/bins.h"
#include "learners/trees/kernels.h"

namespace tagwerk::learners::trees {

/// Adds `packed[k]` at the bins of row rows[k], for every block whose entry in `active` is not 0.
/// `histogram` has data.histogram_size slots and is zeroed first (active blocks only). `pool` may be null.
void BuildHistogram(const BinnedData& data, model::RowSpan rows, const Packed* packed,
                    std::span<const std::uint8_t> active, Packed* histogram, Pool* pool);

}  // namespace tagwerk::learners::trees
