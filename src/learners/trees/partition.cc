#include "learners/trees/partition.h"

#include <algorithm>

namespace tagwerk::learners::trees {

namespace {

using table::RowIndex;
constexpr std::size_t kParallelRows = 16384;

// Branch-free: both targets are written, only one position moves on. `left` may be `rows` itself.
std::size_t SplitRows(const RowIndex* rows, std::size_t n, const std::uint8_t* bins, const SideTable& sides,
                      RowIndex* left, RowIndex* right) {
  std::size_t l = 0, r = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const RowIndex row = rows[k];
    const std::size_t goes_left = sides[bins[row]];
    left[l] = row;
    right[r] = row;
    l += goes_left;
    r += 1 - goes_left;
  }
  return l;
}

}  // namespace

SideTable SidesOf(const Split& split, const Feature& feature) {
  SideTable sides{};
  if (split.category) {
    for (unsigned b = 0; b < 256; ++b) sides[b] = Contains(split.left_set, b);
  } else {
    std::fill_n(sides.begin(), int(split.bin) + 1, std::uint8_t{1});
    sides[std::size_t(feature.missing_bin())] = split.default_left;
  }
  return sides;
}

std::size_t Partition(std::span<RowIndex> rows, const std::uint8_t* bins, const SideTable& sides,
                      std::vector<RowIndex>& scratch, Pool* pool) {
  const std::size_t n = rows.size();
  if (pool == nullptr || n < kParallelRows) {
    if (scratch.size() < n + 1) scratch.resize(n + 1);
    const std::size_t left = SplitRows(rows.data(), n, bins, sides, rows.data(), scratch.data());
    std::copy_n(scratch.data(), n - left, rows.data() + left);
    return left;
  }
  // Each part goes to its own stretch of two buffers; then both sides are put together in order.
  const auto parts = static_cast<std::size_t>(pool->threads());
  const std::size_t length = (n + parts - 1) / parts;
  if (scratch.size() < 2 * (n + parts)) scratch.resize(2 * (n + parts));
  RowIndex* lefts = scratch.data();
  RowIndex* rights = scratch.data() + n + parts;
  std::vector<std::size_t> count(parts, 0), size(parts, 0), left_at(parts, 0), right_at(parts, 0);
  pool->For(parts, [&](std::size_t p) {
    const std::size_t begin = std::min(n, p * length);
    size[p] = std::min(n, begin + length) - begin;
    count[p] = SplitRows(rows.data() + begin, size[p], bins, sides, lefts + begin + p, rights + begin + p);
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
    std::copy_n(lefts + begin + p, count[p], rows.data() + left_at[p]);
    std::copy_n(rights + begin + p, size[p] - count[p], rows.data() + right_at[p]);
  });
  return left;
}

}  // namespace tagwerk::learners::trees
