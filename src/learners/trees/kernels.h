// The vector kernels of training, compiled for every instruction set and chosen at run time (Highway).
// Only element-wise operations and exact reductions are used, so every target gives the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tagwerk::learners::trees {

/// A packed pair of sums: the signed gradient sum in the high half, the hessian sum (< 2^31) in the low
/// half. Adding and subtracting the 64-bit words adds and subtracts both exactly, because the low half
/// never carries out (see gradients.h).
using Packed = std::uint64_t;

inline std::int32_t GradientOf(Packed p) { return static_cast<std::int32_t>(p >> 32); }
inline std::int32_t HessianOf(Packed p) { return static_cast<std::int32_t>(p & 0xffffffffU); }
inline Packed Pack(std::int64_t gradient, std::int64_t hessian) {
  return (static_cast<Packed>(gradient) << 32) + static_cast<Packed>(hessian);
}

/// What the scan of one feature needs, in quantised units.
struct ScanBounds {
  Packed total = 0;       ///< of the leaf
  double l1 = 0, l2 = 0;  ///< penalties in quantised units
  std::int32_t low = 1;   ///< least hessian of a child
};

/// Which bins of a number go left: those up to `last`, and the missing one if `missing_left`.
struct CutRule {
  std::uint8_t last = 0, missing = 0;
  bool missing_left = false;
};

/// Moves rows to `left` and `right` by their bins, both in their old order; returns how many went left. `left` may be
/// `rows` itself. Both must have room for kPartitionPadding entries more, `bins` for kBinPadding more.
std::size_t PartitionByCut(const std::uint32_t* rows, std::size_t n, const std::uint8_t* bins, const CutRule& rule,
                           std::uint32_t* left, std::uint32_t* right);
inline constexpr std::size_t kPartitionPadding = 64, kBinPadding = 4;

/// A column's table: which words (kTableWords a row) a byte code stands for.
inline constexpr std::size_t kTableWords = 8;
struct TableColumn {
  const std::uint64_t* rows = nullptr;
  std::uint32_t slot = 0;  ///< place of its code in a row of codes
  std::array<std::uint8_t, 256> row_of_code{};
};

/// For each of `n` rows of `slots` codes: the AND of the words that its codes stand for, kTableWords words to `to`.
void AndTableRows(const TableColumn* columns, std::size_t count, const std::uint8_t* codes, std::size_t slots,
                  std::size_t n, std::uint64_t* to);

/// Rows of a tile, and how many constant leaf numbers stand before those of splits.
inline constexpr std::size_t kTileRows = 128, kTileConstants = 256, kMostTileSlots = 32767;

/// A split of a tree as tiles take it: numbers of the children's leaf numbers among constants (the leaf itself) and
/// splits (kTileConstants + place in the list).
struct TileNode {
  std::uint16_t list = 0;  ///< of codes: 2 x slot, plus 1 where missing goes left
  std::uint16_t left = 0, right = 0;
  std::uint8_t limit = 0;  ///< the right child takes codes above it
  bool category = false;
  std::uint32_t set = 0;  ///< category: number of the set of codes of the left child
};

/// The leaf number of each row of a tile, from splits that stand from the bottom up; 0 without splits. `codes`: for
/// each slot kTileRows codes, then the same plus 1 (so that missing, 255, becomes 0).
void SelectLeaves(const TileNode* nodes, std::size_t count, const std::array<std::uint64_t, 4>* sets,
                  const std::uint8_t* codes, std::uint8_t* leaf);

/// A test of a tree that is a table (table_forest.h).
struct TableTest {
  std::uint16_t list = 0;  ///< of codes: 2 x slot, plus 1 where missing goes left
  std::uint8_t limit = 0;  ///< codes above it go right
  bool category = false;
  std::uint32_t set = 0;  ///< category: number of the set of codes that go left
};

/// For each row of a tile: bit j says that test j (at most 8) sends it right. `codes` as for SelectLeaves.
void SelectCells(const TableTest* tests, std::size_t count, const std::array<std::uint64_t, 4>* sets,
                 const std::uint8_t* codes, std::uint8_t* cell);

/// `digits` times `step` sums, at least 2 of each, by (last digit, rest of the code): leaves the sums by rest in the
/// first `step` words and those by digit in the `digits` words from there. Readable for kDigitPadding words past them.
void SumDigits(Packed* sums, std::size_t step, std::size_t digits);
inline constexpr std::size_t kDigitPadding = 8;

/// to -= from, word by word.
void Subtract(Packed* to, const Packed* from, std::size_t n);

struct ScanBest {
  double gain = -1;         ///< T(gl)^2/(hl+l2) + T(gr)^2/(hr+l2); -1: no valid split
  std::int32_t index = -1;  ///< first position that reaches it
};

/// Finds the best of n prefix sums (left sides of a split), all lying inside the same total.
/// `prefix` must be readable (any values) for kScanPadding entries past n.
ScanBest ScanPrefixes(const Packed* prefix, std::size_t n, const ScanBounds& bounds);
inline constexpr std::size_t kScanPadding = 16;

/// Adds what each of n prefix sums gains over `parent_gain`, where both sides are valid and it gains, to `to` and, if
/// not null, to `also`. Up to kScanPadding entries past n are changed to anything.
void AddGains(const Packed* prefix, std::size_t n, const ScanBounds& bounds, double parent_gain, double* to,
              double* also);

}  // namespace tagwerk::learners::trees
