// Histograms of packed gradient pairs over the row blocks. Integer sums: any order and any split of the
// work gives the same bits.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "learners/trees/bins.h"
#include "learners/trees/kernels.h"

namespace tagwerk::learners::trees {

/// Neighbouring bytes of one block.
struct BlockPart {
  std::uint32_t block = 0;
  int first = 0, count = 0;  ///< within the block
};

/// Returns all blocks, whole.
std::vector<BlockPart> AllParts(const BinnedData& data);
/// Parts the bytes among threads, in order and so that each gets about the same work.
std::vector<std::vector<BlockPart>> ShareParts(const BinnedData& data, std::size_t threads);
/// Returns the stretch [begin, end) of a list of features by store that lies within a part.
std::pair<std::size_t, std::size_t> Within(const BinnedData& data, const BlockPart& part,
                                           const std::vector<std::int32_t>& features);

/// Features of a part that are looked at, by store: sparse parts are right for these alone.
using Wanted = std::span<const std::int32_t>;

/// Calls run(first slot, slots) for the slots of a part that `taken` (RowByte::codes or sums) says, and perhaps some
/// between them; or those of the features in a sparse one.
template <class Run>
void ForRuns(const BinnedData& data, const BlockPart& part, Wanted features, int RowByte::* taken, const Run& run) {
  constexpr std::size_t kGap = 32;  // slots that are sooner done than left out
  const Block& block = data.blocks[part.block];
  std::size_t begin = 0, end = 0;
  if (!block.sparse()) {
    for (std::size_t b = std::size_t(part.first); b < std::size_t(part.first + part.count); ++b) {
      const std::size_t at = b * std::size_t(block.stride);
      if (at > end + kGap) {
        if (end > begin) run(block.offset + begin, end - begin);
        begin = at;
      }
      end = at + std::size_t(data.bytes[block.first + b].*taken);
    }
    run(block.offset + begin, end - begin);
    return;
  }
  for (const std::int32_t f : features) {
    const Feature& feature = data.features[std::size_t(f)];
    const auto first = std::size_t(feature.first_slot);
    if (first != end) {
      if (end > begin) run(block.offset + begin, end - begin);
      begin = first;
    }
    end = first + std::size_t(feature.slots()) - 1;
  }
  if (end > begin) run(block.offset + begin, end - begin);
}

/// Zeroes the part's slots of `histogram` (data.histogram_size slots) and adds `packed[k]` at the bins of row rows[k]:
/// sums by slot of each store.
void BuildPart(const BinnedData& data, const BlockPart& part, Wanted features, model::RowSpan rows,
               const Packed* packed, Packed* histogram);

/// to += from over the part's slots.
void AddPart(const BinnedData& data, const BlockPart& part, Wanted features, Packed* to, const Packed* from);

/// to -= from over the part's slots.
void SubtractPart(const BinnedData& data, const BlockPart& part, Wanted features, Packed* to, const Packed* from);

}  // namespace tagwerk::learners::trees
