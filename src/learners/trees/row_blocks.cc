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

constexpr std::size_t kInterleaved = 1024;  // rows that are interleaved at a time, so that they stay in cache

/// Codes of a store for rows [begin, end): at `room`, or the bins themselves where one column is the store.
const std::uint8_t* OwnCodes(const BinnedData& data, const Store& store, std::size_t begin, std::size_t end,
                             std::array<std::uint8_t, kInterleaved>& room) {
  room.fill(0);
  for (std::size_t k = store.first; k < store.end; ++k) {
    const auto f = std::size_t(data.by_store[k]);
    const ColumnBins& column = data.columns[f];
    const bool alone = data.features[f].frequent_bin < 0;
    if (alone && !column.listed()) return column.bytes.data() + begin;
    const Codes codes = CodesOf(data.features[f]);
    if (!column.listed()) {
      for (std::size_t i = begin; i < end; ++i) room[i - begin] = std::max(room[i - begin], codes[column.bytes[i]]);
      continue;
    }
    if (alone) room.fill(static_cast<std::uint8_t>(column.fill));
    auto at = std::size_t(std::lower_bound(column.rows.begin(), column.rows.end(), begin) - column.rows.begin());
    for (; at < column.rows.size() && column.rows[at] < end; ++at) {
      std::uint8_t& code = room[column.rows[at] - begin];
      code = alone ? column.bins[at] : std::max(code, codes[column.bins[at]]);
    }
  }
  return room.data();
}

// Interleaves the bytes of a block.
void FillBytes(const BinnedData& data, Block& block) {
  std::array<std::uint8_t, kInterleaved> room;
  for (std::size_t begin = 0; begin < data.num_rows; begin += kInterleaved) {
    const std::size_t end = std::min(data.num_rows, begin + kInterleaved);
    for (int j = 0; j < block.bytes; ++j) {
      const RowByte& byte = data.bytes[block.first + std::size_t(j)];
      std::uint8_t* to = block.rows.data() + begin * kBlock + std::size_t(j);
      for (std::size_t s = byte.first; s < byte.end; ++s) {
        const Store& store = data.stores[s];
        const std::uint8_t* own = OwnCodes(data, store, begin, end, room);
        if (!byte.product()) {
          for (std::size_t i = 0; i < end - begin; ++i) to[i * kBlock] = own[i];
          continue;
        }
        // Missing values of rows that do not teach may have no slot.
        const auto last = static_cast<std::uint8_t>(store.slots - 1);
        for (std::size_t i = 0; i < end - begin; ++i)
          to[i * kBlock] = static_cast<std::uint8_t>(to[i * kBlock] + store.step * std::min(own[i], last));
      }
    }
  }
}

/// Calls put(row, slot) for what the columns of a sparse store list. Missing values of rows that do not teach may have
/// no slot.
template <class Put>
void ForEntries(const BinnedData& data, const Store& store, const Put& put) {
  for (std::size_t s = store.first; s < store.end; ++s) {
    const auto f = std::size_t(data.by_store[s]);
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
  const Store& store = data.stores[data.bytes[block.first].first];
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
  for (std::size_t b = 0; b < data.bytes.size(); ++b) {
    RowByte& byte = data.bytes[b];
    const bool sparse = data.stores[byte.first].sparse;
    if (sparse || data.blocks.empty() || data.blocks.back().sparse() || data.blocks.back().bytes == kBlock) {
      Block block;
      block.first = b;
      block.offset = offset;
      for (block.stride = sparse ? 0 : 16; block.stride > 0 && block.stride < byte.codes;) block.stride *= 2;
      if (!sparse) block.stride += 8;
      offset += sparse ? std::size_t(byte.codes) : std::size_t(block.stride) * kBlock;
      data.blocks.push_back(std::move(block));
    }
    Block& block = data.blocks.back();
    for (std::size_t s = byte.first; s < byte.end; ++s) {
      Store& store = data.stores[s];
      store.block = static_cast<std::uint32_t>(data.blocks.size() - 1);
      store.offset = block.offset + std::size_t(block.bytes) * std::size_t(block.stride);
      if (s > byte.first) store.offset += std::size_t(store.step);  // SumProduct
      data.total_bins += std::size_t(store.slots);
      byte.sums = store.slots + (s > byte.first ? store.step : 0);
    }
    ++block.bytes;
  }
  data.histogram_size = offset;
}

void FillBlock(const BinnedData& data, Block& block) {
  if (block.sparse()) {
    FillSparse(data, block);
    return;
  }
  FillBytes(data, block);
}

}  // namespace tagwerk::learners::trees
