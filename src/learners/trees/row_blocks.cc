#include "learners/trees/row_blocks.h"

#include <algorithm>
#include <array>

namespace tagwerk::learners::trees {

namespace {

/// Codes of a store: the bin of its column, or which slot the one column takes that is not at its frequent bin.
using Codes = std::array<std::uint8_t, 256>;
Codes CodesOf(const Feature& feature) {
  Codes codes{};
  for (int bin = 0; bin < 256; ++bin) {
    const int rank = bin - (bin > feature.frequent_bin ? 1 : 0);
    codes[std::size_t(bin)] = static_cast<std::uint8_t>(feature.frequent_bin < 0      ? bin
                                                        : bin == feature.frequent_bin ? 0
                                                                                      : feature.first_slot + rank);
  }
  return codes;
}

// Interleaves the columns that have a byte for every row, a stretch of rows at a time so that it stays in cache.
void FillFromBytes(const BinnedData& data, Block& block) {
  constexpr std::size_t kStretch = 1024;
  for (std::size_t begin = 0; begin < data.num_rows; begin += kStretch) {
    const std::size_t end = std::min(data.num_rows, begin + kStretch);
    for (int j = 0; j < block.stores; ++j) {
      const Store& store = data.stores[block.first + std::size_t(j)];
      std::uint8_t* to = block.rows.data() + j;
      for (std::size_t f = store.first; f < store.end; ++f) {
        if (data.columns[f].listed()) continue;
        const std::uint8_t* from = data.columns[f].bytes.data();
        if (data.features[f].frequent_bin < 0) {
          for (std::size_t i = begin; i < end; ++i) to[i * kBlock] = from[i];
          continue;
        }
        const Codes codes = CodesOf(data.features[f]);
        for (std::size_t i = begin; i < end; ++i) to[i * kBlock] = std::max(to[i * kBlock], codes[from[i]]);
      }
    }
  }
}

void FillFromLists(const BinnedData& data, Block& block) {
  for (int j = 0; j < block.stores; ++j) {
    const Store& store = data.stores[block.first + std::size_t(j)];
    std::uint8_t* to = block.rows.data() + j;
    for (std::size_t f = store.first; f < store.end; ++f) {
      const ColumnBins& column = data.columns[f];
      if (!column.listed()) continue;
      const Codes codes = CodesOf(data.features[f]);
      const std::uint8_t others = codes[std::size_t(column.fill)];
      for (std::size_t i = 0; i < data.num_rows && others > 0; ++i) to[i * kBlock] = std::max(to[i * kBlock], others);
      for (std::size_t k = 0; k < column.rows.size(); ++k) {
        std::uint8_t& code = to[column.rows[k] * kBlock];
        const std::uint8_t own = codes[column.bins[k]];
        code = data.features[f].frequent_bin < 0 ? own : std::max(code, own);
      }
    }
  }
}

/// Calls put(row, slot) for what the columns of a sparse store list. Missing values of rows that do not teach may have
/// no slot.
template <class Put>
void ForEntries(const BinnedData& data, const Store& store, const Put& put) {
  for (std::size_t f = store.first; f < store.end; ++f) {
    const ColumnBins& column = data.columns[f];
    const Feature& feature = data.features[f];
    for (std::size_t k = 0; k < column.rows.size(); ++k) {
      const int bin = column.bins[k];
      if (bin >= feature.slots()) continue;
      put(std::size_t(column.rows[k]), std::uint32_t(feature.first_slot + bin - (bin > feature.frequent_bin ? 1 : 0)));
    }
  }
}

void FillSparse(const BinnedData& data, Block& block) {
  const Store& store = data.stores[block.first];
  block.start.assign(data.num_rows + 1, 0);
  ForEntries(data, store, [&](std::size_t row, std::uint32_t) { ++block.start[row + 1]; });
  for (std::size_t i = 0; i < data.num_rows; ++i) block.start[i + 1] += block.start[i];
  block.slot.resize(block.start.back());
  ForEntries(data, store, [&](std::size_t row, std::uint32_t slot) { block.slot[block.start[row]++] = slot; });
  for (std::size_t i = data.num_rows; i > 0; --i)
    block.start[i] = block.start[i - 1];  // each had become the next one's
  block.start[0] = 0;
}

}  // namespace

void LayOutBlocks(BinnedData& data) {
  std::size_t offset = 0;
  for (std::size_t s = 0; s < data.stores.size(); ++s) {
    Store& store = data.stores[s];
    data.total_bins += std::size_t(store.slots);
    if (store.sparse || data.blocks.empty() || data.blocks.back().sparse() || data.blocks.back().stores == kBlock) {
      Block block;
      block.first = s;
      block.offset = offset;
      for (block.stride = store.sparse ? 0 : 16; block.stride > 0 && block.stride < store.slots;) block.stride *= 2;
      if (!store.sparse) block.stride += 8;
      offset += store.sparse ? std::size_t(store.slots) : std::size_t(block.stride) * kBlock;
      data.blocks.push_back(std::move(block));
    }
    Block& block = data.blocks.back();
    store.block = static_cast<std::uint32_t>(data.blocks.size() - 1);
    store.offset = block.offset + std::size_t(block.stores) * std::size_t(block.stride);
    ++block.stores;
  }
  data.histogram_size = offset;
}

void FillBlock(const BinnedData& data, Block& block) {
  if (block.sparse()) {
    FillSparse(data, block);
    return;
  }
  FillFromLists(data, block);
  FillFromBytes(data, block);
}

}  // namespace tagwerk::learners::trees
