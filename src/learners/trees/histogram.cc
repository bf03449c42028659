#include "learners/trees/histogram.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "learners/trees/products.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kAhead = 16;  // rows that are asked for before they are needed

inline std::uint64_t Load8(const std::uint8_t* from) {
  std::uint64_t word;
  std::memcpy(&word, from, 8);
  return word;
}

template <int kStride, int kCount>
[[gnu::always_inline]] inline void AddUpToEight(Packed* h, std::uint64_t bins, Packed p) {
  if constexpr (kCount > 0) h[bins & 255] += p;
  if constexpr (kCount > 1) h[kStride + ((bins >> 8) & 255)] += p;
  if constexpr (kCount > 2) h[2 * kStride + ((bins >> 16) & 255)] += p;
  if constexpr (kCount > 3) h[3 * kStride + ((bins >> 24) & 255)] += p;
  if constexpr (kCount > 4) h[4 * kStride + ((bins >> 32) & 255)] += p;
  if constexpr (kCount > 5) h[5 * kStride + ((bins >> 40) & 255)] += p;
  if constexpr (kCount > 6) h[6 * kStride + ((bins >> 48) & 255)] += p;
  if constexpr (kCount > 7) h[7 * kStride + (bins >> 56)] += p;
}

template <int kStride, int kCount>
void AddRows(const std::uint8_t* block, model::RowSpan rows, const Packed* packed, Packed* h) {
  const std::size_t n = rows.size();
  for (std::size_t k = 0; k < n; ++k) {
    __builtin_prefetch(block + std::size_t(rows[k + kAhead < n ? k + kAhead : k]) * kBlock);
    const std::uint8_t* row = block + std::size_t(rows[k]) * kBlock;
    const Packed p = packed[k];
    AddUpToEight<kStride, kCount>(h, Load8(row), p);
    if constexpr (kCount > 8) AddUpToEight<kStride, kCount - 8>(h + 8 * kStride, Load8(row + 8), p);
  }
}

using Adder = void (*)(const std::uint8_t*, model::RowSpan, const Packed*, Packed*);

template <int kStride, int... kCounts>
Adder AdderOf(int count, std::integer_sequence<int, kCounts...>) {
  static constexpr Adder kAdders[] = {AddRows<kStride, kCounts + 1>...};
  return kAdders[count - 1];
}

// Returns the loop for a stride and a number of columns (1 to 16).
Adder AdderOf(int stride, int count) {
  constexpr std::make_integer_sequence<int, kBlock> kCounts;
  switch (stride) {
    case 24:
      return AdderOf<24>(count, kCounts);
    case 40:
      return AdderOf<40>(count, kCounts);
    case 72:
      return AdderOf<72>(count, kCounts);
    case 136:
      return AdderOf<136>(count, kCounts);
    default:
      return AdderOf<264>(count, kCounts);
  }
}

std::size_t OffsetOf(const Block& block, const BlockPart& part) {
  return block.offset + std::size_t(part.first) * std::size_t(block.stride);
}

void AddEntries(const Block& block, model::RowSpan rows, const Packed* packed, Packed* h) {
  const std::uint32_t *start = block.start.data(), *slot = block.slot.data();
  const std::size_t n = rows.size();
  for (std::size_t k = 0; k < n; ++k) {
    __builtin_prefetch(start + rows[k + 2 * kAhead < n ? k + 2 * kAhead : k]);
    __builtin_prefetch(slot + start[rows[k + kAhead < n ? k + kAhead : k]]);
    const Packed p = packed[k];
    for (std::size_t i = start[rows[k]], end = start[rows[k] + 1]; i < end; ++i) h[slot[i]] += p;
  }
}

void SumProducts(const BinnedData& data, const BlockPart& part, Packed* histogram) {
  const std::size_t first = data.blocks[part.block].first + std::size_t(part.first);
  for (const RowByte& byte : std::span(data.bytes).subspan(first, std::size_t(part.count))) {
    if (!byte.product()) continue;
    const auto stores = std::span(data.stores).subspan(byte.first, byte.end - byte.first);
    SumProduct(stores, histogram + stores.front().offset);
  }
}

}  // namespace

std::vector<BlockPart> AllParts(const BinnedData& data) {
  std::vector<BlockPart> parts;
  for (std::uint32_t b = 0; b < data.blocks.size(); ++b) parts.push_back({b, 0, data.blocks[b].bytes});
  return parts;
}

std::vector<std::vector<BlockPart>> ShareParts(const BinnedData& data, std::size_t threads) {
  // A byte costs additions by its rows and scans by the slots of its stores.
  constexpr std::size_t kRowsAsSlots = 100;
  const auto cost_of = [&](const RowByte& byte) {
    const Store& first = data.stores[byte.first];
    std::size_t cost =
        first.sparse ? 2 * kRowsAsSlots * first.entries / std::max<std::size_t>(1, data.num_rows) : kRowsAsSlots;
    for (std::size_t s = byte.first; s < byte.end; ++s) cost += std::size_t(data.stores[s].slots);
    return cost;
  };
  std::size_t total = 0;
  for (const RowByte& byte : data.bytes) total += cost_of(byte);
  std::vector<std::vector<BlockPart>> shares(threads);
  std::size_t before = 0;
  for (std::size_t b = 0; b < data.bytes.size(); ++b) {
    const std::size_t cost = cost_of(data.bytes[b]);
    std::vector<BlockPart>& share = shares[std::min(threads - 1, (before + cost / 2) * threads / total)];
    const std::uint32_t block = data.stores[data.bytes[b].first].block;
    if (share.empty() || share.back().block != block) share.push_back({block, int(b - data.blocks[block].first), 0});
    ++share.back().count;
    before += cost;
  }
  return shares;
}

std::pair<std::size_t, std::size_t> Within(const BinnedData& data, const BlockPart& part,
                                           const std::vector<std::int32_t>& features) {
  const std::size_t first = data.blocks[part.block].first + std::size_t(part.first);
  const std::size_t last = first + std::size_t(part.count) - 1;
  const auto before = [&](std::int32_t f, std::size_t store) { return data.features[std::size_t(f)].store < store; };
  const auto begin = std::lower_bound(features.begin(), features.end(), data.bytes[first].first, before);
  const auto end = std::lower_bound(begin, features.end(), data.bytes[last].end, before);
  return {std::size_t(begin - features.begin()), std::size_t(end - features.begin())};
}

void BuildPart(const BinnedData& data, const BlockPart& part, Wanted features, model::RowSpan rows,
               const Packed* packed, Packed* histogram) {
  const Block& block = data.blocks[part.block];
  ForRuns(data, part, features, &RowByte::codes,
          [&](std::size_t at, std::size_t n) { std::fill_n(histogram + at, n, Packed(0)); });
  if (block.sparse()) {
    AddEntries(block, rows, packed, histogram + block.offset);
    return;
  }
  AdderOf(block.stride, part.count)(block.rows.data() + part.first, rows, packed, histogram + OffsetOf(block, part));
  SumProducts(data, part, histogram);
}

void AddPart(const BinnedData& data, const BlockPart& part, Wanted features, Packed* to, const Packed* from) {
  ForRuns(data, part, features, &RowByte::sums, [&](std::size_t at, std::size_t n) {
    for (std::size_t i = at; i < at + n; ++i) to[i] += from[i];
  });
}

void SubtractPart(const BinnedData& data, const BlockPart& part, Wanted features, Packed* to, const Packed* from) {
  ForRuns(data, part, features, &RowByte::sums,
          [&](std::size_t at, std::size_t n) { Subtract(to + at, from + at, n); });
}

}  // namespace tagwerk::learners::trees
