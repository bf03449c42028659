#include "learners/trees/histogram.h"

#include <cstring>
#include <utility>

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kAhead = 16;  // rows that are asked for before they are needed

inline std::uint64_t Load8(const std::uint8_t* from) {
  std::uint64_t word;
  std::memcpy(&word, from, 8);
  return word;
}

template <int kStride, int kCount>
inline void AddUpToEight(Packed* h, std::uint64_t bins, Packed p) {
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
    case 16:
      return AdderOf<16>(count, kCounts);
    case 32:
      return AdderOf<32>(count, kCounts);
    case 64:
      return AdderOf<64>(count, kCounts);
    case 128:
      return AdderOf<128>(count, kCounts);
    default:
      return AdderOf<256>(count, kCounts);
  }
}

void BuildPart(const Block& block, int first, int count, model::RowSpan rows, const Packed* packed, Packed* histogram) {
  Packed* h = histogram + block.offset + std::size_t(first) * std::size_t(block.stride);
  std::memset(h, 0, std::size_t(count) * std::size_t(block.stride) * sizeof(Packed));
  AdderOf(block.stride, count)(block.rows.data() + first, rows, packed, h);
}

}  // namespace

void BuildHistogram(const BinnedData& data, model::RowSpan rows, const Packed* packed,
                    std::span<const std::uint8_t> active, Packed* histogram, Pool* pool) {
  if (pool == nullptr) {
    for (std::size_t b = 0; b < data.blocks.size(); ++b) {
      if (active[b]) BuildPart(data.blocks[b], 0, data.blocks[b].features, rows, packed, histogram);
    }
    return;
  }
  // Half blocks are the unit of work, so that few columns still occupy two threads.
  pool->For(data.blocks.size() * 2, [&](std::size_t i) {
    const Block& block = data.blocks[i / 2];
    const int first_half = block.features > 8 ? 8 : block.features;
    if (!active[i / 2]) return;
    if (i % 2 == 0)
      BuildPart(block, 0, first_half, rows, packed, histogram);
    else if (block.features > 8)
      BuildPart(block, 8, block.features - 8, rows, packed, histogram);
  });
}

}  // namespace tagwerk::learners::trees
