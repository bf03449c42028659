#include "learners/trees/partition.h"

#include <algorithm>

namespace tagwerk::learners::trees {

namespace {

using table::RowIndex;
constexpr std::size_t kParallelRows = 16384;

// Both targets have room for kPartitionPadding more; `left` may be `rows` itself.
std::size_t SplitRows(const RowIndex* rows, std::size_t n, const std::uint8_t* bins, const Sides& sides, RowIndex* left,
                      RowIndex* right) {
  if (!sides.by_table) return PartitionByCut(rows, n, bins, sides.cut, left, right);
  std::size_t l = 0, r = 0;
  for (std::size_t k = 0; k < n; ++k) {  // branch-free: both targets are written, only one position moves on
    const RowIndex row = rows[k];
    const std::size_t goes_left = sides.table[bins[row]];
    left[l] = row;
    right[r] = row;
    l += goes_left;
    r += 1 - goes_left;
  }
  return l;
}

}  // namespace

Sides SidesOf(const Split& split, const Feature& feature) {
  Sides sides;
  sides.by_table = split.category;
  sides.cut = {split.bin, static_cast<std::uint8_t>(feature.missing_bin()), split.default_left};
  for (unsigned b = 0; b < 256 && split.category; ++b) sides.table[b] = Contains(split.left_set, b);
  return sides;
}

std::size_t Partition(std::span<RowIndex> rows, const std::uint8_t* bins, const Sides& sides, WorkRoom& scratch,
                      Pool* pool) {
  const std::size_t n = rows.size();
  if (pool == nullptr || n < kParallelRows) {
    auto* rights = scratch.Of<RowIndex>(n + kPartitionPadding);
    const std::size_t left = SplitRows(rows.data(), n, bins, sides, rows.data(), rights);
    std::copy_n(rights, n - left, rows.data() + left);
    return left;
  }
  // Each part goes to its own stretch of two buffers; then both sides are put together in order.
  const auto parts = static_cast<std::size_t>(pool->threads());
  const std::size_t length = (n + parts - 1) / parts;
  const std::size_t room = n + parts * kPartitionPadding;
  RowIndex* lefts = scratch.Of<RowIndex>(2 * room);
  RowIndex* rights = lefts + room;
  std::vector<std::size_t> count(parts, 0), size(parts, 0), left_at(parts, 0), right_at(parts, 0);
  pool->For(parts, [&](std::size_t p) {
    const std::size_t begin = std::min(n, p * length);
    size[p] = std::min(n, begin + length) - begin;
    count[p] = SplitRows(rows.data() + begin, size[p], bins, sides, lefts + begin + p * kPartitionPadding,
                         rights + begin + p * kPartitionPadding);
  });
  std::size_t left = 0;
  for (std::size_t p = 0; p < parts; ++p) {
    left_at[p] = left;
    left += count[p];
  }
  std::size_t right = left;
  for (std::size_t p = 0; p < parts; ++p) {
    right_at[p] = right;
    right += size[p] - count[p];
  }
  pool->For(parts, [&](std::size_t p) {
    const std::size_t begin = std::min(n, p * length);
    std::copy_n(lefts + begin + p * kPartitionPadding, count[p], rows.data() + left_at[p]);
    std::copy_n(rights + begin + p * kPartitionPadding, size[p] - count[p], rows.data() + right_at[p]);
  });
  return left;
}

}  // namespace tagwerk::learners::trees
