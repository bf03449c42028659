// Highway compiles this file once per instruction set; HWY_ONCE holds the dispatchers.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learners/trees/kernels.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "learners/trees/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace tagwerk::learners::trees {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

std::size_t PartitionByCut(const std::uint32_t* rows, std::size_t n, const std::uint8_t* bins, const CutRule& rule,
                           std::uint32_t* left, std::uint32_t* right) {
  std::size_t l = 0, r = 0, k = 0;
#if HWY_TARGET <= HWY_AVX2
  // Whole vectors are written: what lies beyond the rows that count is written over by the next ones. A block is read
  // before the left side, which may be the rows themselves, reaches it.
  const hn::ScalableTag<std::uint32_t> d;
  const hn::RebindToSigned<decltype(d)> di;
  const std::size_t lanes = hn::Lanes(d);
  const auto byte = hn::Set(di, 255), above = hn::Set(di, rule.last + 1), missing = hn::Set(di, rule.missing);
  const auto missing_left = hn::FirstN(di, rule.missing_left ? lanes : 0);
  for (; k + lanes <= n; k += lanes) {
    const auto row = hn::LoadU(d, rows + k);
    const auto four = hn::GatherOffset(di, reinterpret_cast<const std::int32_t*>(bins), hn::BitCast(di, row));
    const auto bin = hn::And(four, byte);
    const auto is_missing = hn::Eq(bin, missing);
    const auto goes_left =
        hn::RebindMask(d, hn::Or(hn::AndNot(is_missing, hn::Lt(bin, above)), hn::And(is_missing, missing_left)));
    const std::size_t count = hn::CountTrue(d, goes_left);
    hn::StoreU(hn::Compress(row, goes_left), d, left + l);
    hn::StoreU(hn::CompressNot(row, goes_left), d, right + r);
    l += count;
    r += lanes - count;
  }
#endif
  for (; k < n; ++k) {
    const std::uint32_t row = rows[k];
    const std::uint8_t bin = bins[row];
    const std::size_t goes_left = bin == rule.missing ? rule.missing_left : bin <= rule.last;
    left[l] = row;
    right[r] = row;
    l += goes_left;
    r += 1 - goes_left;
  }
  return l;
}

/// kRows rows side by side, one register for each vector of their words.
template <std::size_t kRows>
HWY_INLINE void AndTableRowsOf(const TableColumn* columns, std::size_t count, const std::uint8_t* codes,
                               std::size_t slots, std::uint64_t* HWY_RESTRICT to) {
  const hn::CappedTag<std::uint64_t, 8> d;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::CappedTag<std::uint64_t, 8>());
  constexpr std::size_t kVectors = kTableWords / kLanes;
  hn::Vec<decltype(d)> a[kRows][kVectors];
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t v = 0; v < kVectors; ++v) a[r][v] = hn::Set(d, ~std::uint64_t(0));
  for (std::size_t c = 0; c < count; ++c) {
    const TableColumn& column = columns[c];
    const std::uint8_t* code = codes + column.slot;
    for (std::size_t r = 0; r < kRows; ++r) {
      const std::uint64_t* row = column.rows + std::size_t(column.row_of_code[code[r * slots]]) * kTableWords;
      for (std::size_t v = 0; v < kVectors; ++v) a[r][v] = hn::And(a[r][v], hn::LoadU(d, row + v * kLanes));
    }
  }
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(a[r][v], d, to + r * kTableWords + v * kLanes);
}

void AndTableRows(const TableColumn* columns, std::size_t count, const std::uint8_t* codes, std::size_t slots,
                  std::size_t n, std::uint64_t* HWY_RESTRICT to) {
  constexpr std::size_t kRows = 4;
  std::size_t i = 0;
  for (; i + kRows <= n; i += kRows)
    AndTableRowsOf<kRows>(columns, count, codes + i * slots, slots, to + i * kTableWords);
  for (; i < n; ++i) AndTableRowsOf<1>(columns, count, codes + i * slots, slots, to + i * kTableWords);
}

using TileD = hn::CappedTag<std::uint8_t, kTileRows>;
constexpr std::size_t kTileLanes = hn::MaxLanes(TileD());

/// Rows whose code the set does not hold.
template <class V>
HWY_INLINE auto OutsideSet(const std::uint64_t* set, V code) {
  const TileD d;
  alignas(16) static constexpr std::uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(set);
  const auto at = hn::ShiftRight<3>(code), low = hn::And(at, hn::Set(d, std::uint8_t(15)));
  const auto first = hn::TableLookupBytes(hn::LoadDup128(d, bytes), low);
  const auto second = hn::TableLookupBytes(hn::LoadDup128(d, bytes + 16), low);
  const auto bit = hn::TableLookupBytes(hn::LoadDup128(d, kBits), hn::And(code, hn::Set(d, std::uint8_t(7))));
  const auto word = hn::IfThenElse(hn::Eq(at, low), first, second);
  return hn::Eq(hn::And(word, bit), hn::Zero(d));
}

void SelectLeaves(const TileNode* nodes, std::size_t count, const std::array<std::uint64_t, 4>* sets,
                  const std::uint8_t* HWY_RESTRICT codes, std::uint8_t* HWY_RESTRICT leaf) {
  const TileD d;
  // Leaf numbers of constants stand for themselves; those of splits are computed.
  static const auto kConstant = [] {
    std::array<std::uint8_t, kTileConstants * kTileRows> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = std::uint8_t(i / kTileRows);
    return all;
  }();
  alignas(64) std::uint8_t made[(kTileConstants - 1) * kTileRows];
  // By table, not by a branch: which child is a leaf cannot be foreseen.
  static_assert(kTileConstants == 256);
  const std::uint8_t* const begins[] = {kConstant.data(), made};
  const auto numbers = [&](std::uint16_t place) { return begins[place >> 8] + (place & 255) * kTileRows; };
  for (std::size_t i = 0; i < count; ++i) {
    const TileNode& node = nodes[i];
    const std::uint8_t* code = codes + node.list * kTileRows;
    const std::uint8_t *left = numbers(node.left), *right = numbers(node.right);
    std::uint8_t* to = i + 1 == count ? leaf : made + i * kTileRows;
    for (std::size_t r = 0; r < kTileRows; r += kTileLanes) {
      const auto own = hn::LoadU(d, code + r);
      const auto goes_right =
          node.category ? OutsideSet(sets[node.set].data(), own) : hn::Gt(own, hn::Set(d, node.limit));
      hn::StoreU(hn::IfThenElse(goes_right, hn::LoadU(d, right + r), hn::LoadU(d, left + r)), d, to + r);
    }
  }
  if (count == 0) std::fill_n(leaf, kTileRows, std::uint8_t(0));
}

void SelectCells(const TableTest* tests, std::size_t count, const std::array<std::uint64_t, 4>* sets,
                 const std::uint8_t* HWY_RESTRICT codes, std::uint8_t* HWY_RESTRICT cell) {
  const TileD d;
  for (std::size_t r = 0; r < kTileRows; r += kTileLanes) {
    auto bits = hn::Zero(d);
    for (std::size_t j = 0; j < count; ++j) {
      const TableTest& test = tests[j];
      const auto own = hn::LoadU(d, codes + test.list * kTileRows + r);
      const auto goes_right =
          test.category ? OutsideSet(sets[test.set].data(), own) : hn::Gt(own, hn::Set(d, test.limit));
      bits = hn::Or(bits, hn::IfThenElseZero(goes_right, hn::Set(d, std::uint8_t(1U << j))));
    }
    hn::StoreU(bits, d, cell + r);
  }
}

void Subtract(Packed* HWY_RESTRICT to, const Packed* HWY_RESTRICT from, std::size_t n) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Sub(hn::LoadU(d, to + i), hn::LoadU(d, from + i)), d, to + i);
  }
  for (; i < n; ++i) to[i] -= from[i];
}

void SumDigits(Packed* HWY_RESTRICT sums, std::size_t step, std::size_t digits) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d), whole = step - step % lanes;
  const auto rest = hn::FirstN(d, step - whole);
  std::array<Packed, 128> own;
  for (std::size_t v = 0; v < digits; ++v) {
    const Packed* from = sums + v * step;
    auto sum = hn::IfThenElseZero(rest, hn::LoadU(d, from + whole));
    for (std::size_t i = 0; i < whole; i += lanes) sum = hn::Add(sum, hn::LoadU(d, from + i));
    own[v] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
  for (std::size_t i = 0; i < step; i += lanes) {
    auto sum = hn::LoadU(d, sums + i);
    for (std::size_t v = 1; v < digits; ++v) sum = hn::Add(sum, hn::LoadU(d, sums + v * step + i));
    if (i < whole) {
      hn::StoreU(sum, d, sums + i);
    } else {
      HWY_ALIGN Packed last[HWY_MAX_BYTES / sizeof(Packed)];
      hn::Store(sum, d, last);
      std::copy_n(last, step - whole, sums + whole);
    }
  }
  std::copy_n(own.begin(), digits, sums + step);
}

template <class D, class V>
HWY_INLINE V SoftThreshold(D d, V x, V l1) {
  return hn::CopySign(hn::Max(hn::Sub(hn::Abs(x), l1), hn::Zero(d)), x);
}

/// The bounds of a scan in every lane.
using ScanD = hn::ScalableTag<double>;
using ScanI = hn::Rebind<std::int32_t, ScanD>;
struct Bounds {
  explicit Bounds(const ScanBounds& b)
      : total_g(hn::Set(ScanI(), GradientOf(b.total))),
        total_h(hn::Set(ScanI(), HessianOf(b.total))),
        low(hn::Set(ScanD(), double(b.low) - 0.5)),
        l1(hn::Set(ScanD(), b.l1)),
        l2(hn::Set(ScanD(), b.l2)) {}
  hn::Vec<ScanI> total_g, total_h;
  hn::Vec<ScanD> low, l1, l2;
};

struct PairGains {
  hn::Vec<ScanD> gain;
  hn::Mask<ScanD> valid;
};

// Both sides are formed in integers, so that small right sides keep all their digits; the gain is one
// division: (tl^2 (hr+l2) + tr^2 (hl+l2)) / ((hl+l2)(hr+l2)).
HWY_INLINE PairGains GainsOf(const Packed* prefix, const Bounds& b) {
  const ScanD d;
  const ScanI d32;
  const hn::RebindToUnsigned<ScanD> d64;
  const hn::RebindToUnsigned<ScanI> du32;
  const auto p = hn::LoadU(d64, prefix);
  const auto gl = hn::BitCast(d32, hn::TruncateTo(du32, hn::ShiftRight<32>(p)));
  const auto hl = hn::BitCast(d32, hn::TruncateTo(du32, p));
  const auto tl = SoftThreshold(d, hn::PromoteTo(d, gl), b.l1);
  const auto tr = SoftThreshold(d, hn::PromoteTo(d, hn::Sub(b.total_g, gl)), b.l1);
  const auto hld = hn::PromoteTo(d, hl);
  const auto hrd = hn::PromoteTo(d, hn::Sub(b.total_h, hl));
  const auto dl = hn::Add(hld, b.l2);
  const auto dr = hn::Add(hrd, b.l2);
  const auto top = hn::Add(hn::Mul(hn::Mul(tl, tl), dr), hn::Mul(hn::Mul(tr, tr), dl));
  return {hn::Div(top, hn::Mul(dl, dr)), hn::And(hn::Gt(hld, b.low), hn::Gt(hrd, b.low))};
}

void AddGains(const Packed* HWY_RESTRICT prefix, std::size_t n, const ScanBounds& bounds, double parent_gain,
              double* HWY_RESTRICT to, double* HWY_RESTRICT also) {
  const ScanD d;
  const Bounds b(bounds);
  const auto parent = hn::Set(d, parent_gain);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto pair = GainsOf(prefix + i, b);
    const auto more = hn::IfThenElseZero(pair.valid, hn::Max(hn::Sub(pair.gain, parent), hn::Zero(d)));
    hn::StoreU(hn::Add(hn::LoadU(d, to + i), more), d, to + i);
    if (also != nullptr) hn::StoreU(hn::Add(hn::LoadU(d, also + i), more), d, also + i);
  }
}

ScanBest ScanPrefixes(const Packed* HWY_RESTRICT prefix, std::size_t n, const ScanBounds& bounds) {
  const ScanD d;
  const Bounds b(bounds);
  const std::size_t lanes = hn::Lanes(d);
  auto best = hn::Set(d, -1.0);
  auto best_at = hn::Set(d, -1.0);
  auto at = hn::Iota(d, 0);
  const auto step = hn::Set(d, double(lanes));
  const auto limit = hn::Set(d, double(n));
  for (std::size_t i = 0; i < n; i += lanes) {
    const auto pair = GainsOf(prefix + i, b);
    const auto better = hn::And(hn::And(pair.valid, hn::Lt(at, limit)), hn::Gt(pair.gain, best));
    best = hn::IfThenElse(better, pair.gain, best);
    best_at = hn::IfThenElse(better, at, best_at);
    at = hn::Add(at, step);
  }
  HWY_ALIGN double gains[HWY_MAX_BYTES / sizeof(double)];
  HWY_ALIGN double indices[HWY_MAX_BYTES / sizeof(double)];
  hn::Store(best, d, gains);
  hn::Store(best_at, d, indices);
  ScanBest result;
  for (std::size_t k = 0; k < lanes; ++k) {
    const auto index = static_cast<std::int32_t>(indices[k]);
    if (gains[k] > result.gain || (gains[k] == result.gain && index >= 0 && index < result.index)) {
      result.gain = gains[k];
      result.index = index;
    }
  }
  return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace tagwerk::learners::trees
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tagwerk::learners::trees {

HWY_EXPORT(PartitionByCut);
HWY_EXPORT(AndTableRows);
HWY_EXPORT(SelectLeaves);
HWY_EXPORT(SelectCells);
HWY_EXPORT(SumDigits);
HWY_EXPORT(Subtract);
HWY_EXPORT(ScanPrefixes);
HWY_EXPORT(AddGains);

std::size_t PartitionByCut(const std::uint32_t* rows, std::size_t n, const std::uint8_t* bins, const CutRule& rule,
                           std::uint32_t* left, std::uint32_t* right) {
  return HWY_DYNAMIC_DISPATCH(PartitionByCut)(rows, n, bins, rule, left, right);
}
void AndTableRows(const TableColumn* columns, std::size_t count, const std::uint8_t* codes, std::size_t slots,
                  std::size_t n, std::uint64_t* to) {
  HWY_DYNAMIC_DISPATCH(AndTableRows)(columns, count, codes, slots, n, to);
}
void SelectLeaves(const TileNode* nodes, std::size_t count, const std::array<std::uint64_t, 4>* sets,
                  const std::uint8_t* codes, std::uint8_t* leaf) {
  HWY_DYNAMIC_DISPATCH(SelectLeaves)(nodes, count, sets, codes, leaf);
}
void SelectCells(const TableTest* tests, std::size_t count, const std::array<std::uint64_t, 4>* sets,
                 const std::uint8_t* codes, std::uint8_t* cell) {
  HWY_DYNAMIC_DISPATCH(SelectCells)(tests, count, sets, codes, cell);
}
void SumDigits(Packed* sums, std::size_t step, std::size_t digits) {
  HWY_DYNAMIC_DISPATCH(SumDigits)(sums, step, digits);
}
void Subtract(Packed* to, const Packed* from, std::size_t n) { HWY_DYNAMIC_DISPATCH(Subtract)(to, from, n); }
ScanBest ScanPrefixes(const Packed* prefix, std::size_t n, const ScanBounds& bounds) {
  return HWY_DYNAMIC_DISPATCH(ScanPrefixes)(prefix, n, bounds);
}
void AddGains(const Packed* prefix, std::size_t n, const ScanBounds& bounds, double parent_gain, double* to,
              double* also) {
  HWY_DYNAMIC_DISPATCH(AddGains)(prefix, n, bounds, parent_gain, to, also);
}

}  // namespace tagwerk::learners::trees
#endif
