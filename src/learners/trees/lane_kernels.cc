// Highway compiles this file once per instruction set; HWY_ONCE holds the dispatchers.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learners/trees/lane_kernels.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

#include <algorithm>

#include "learners/trees/lane_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace tagwerk::learners::trees {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kAheadRows = 8;

using IntD = hn::CappedTag<std::int32_t, kLaneGroup>;
using FloatD = hn::CappedTag<float, kLaneGroup>;

template <std::size_t kLanes>
HWY_INLINE void Widen(const std::int16_t* from, std::int32_t* to) {
  const IntD d;
  const hn::Rebind<std::int16_t, IntD> d16;
  for (std::size_t i = 0; i < kLanes; i += hn::Lanes(d))
    hn::Store(hn::PromoteTo(d, hn::LoadU(d16, from + i)), d, to + i);
}

template <std::size_t kLanes>
HWY_INLINE void AddTo(std::int32_t* HWY_RESTRICT slot, const std::int32_t* HWY_RESTRICT own) {
  const IntD d;
  for (std::size_t i = 0; i < kLanes; i += hn::Lanes(d))
    hn::StoreU(hn::Add(hn::LoadU(d, slot + i), hn::Load(d, own + i)), d, slot + i);
}

template <std::size_t kLanes>
void AddLanesOf(const std::uint32_t* rows, std::size_t n, const std::uint8_t* bins, std::size_t step,
                std::size_t stores, std::size_t stride, const std::int16_t* packed,
                std::int32_t* HWY_RESTRICT histogram) {
  HWY_ALIGN std::int32_t own[kLanes];
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t ahead = rows[std::min(k + kAheadRows, n - 1)];
    __builtin_prefetch(bins + ahead * step);
    for (std::size_t i = 0; i < kLanes; i += 32) __builtin_prefetch(packed + ahead * kLanes + i);
    const std::uint8_t* row = bins + std::size_t(rows[k]) * step;
    Widen<kLanes>(packed + std::size_t(rows[k]) * kLanes, own);
    for (std::size_t j = 0; j < stores; ++j) AddTo<kLanes>(histogram + (j * stride + row[j]) * kLanes, own);
  }
}

template <std::size_t kLanes>
void AddLaneEntriesOf(const std::uint32_t* rows, std::size_t n, const std::uint32_t* start, const std::uint32_t* slot,
                      const std::int16_t* packed, std::int32_t* HWY_RESTRICT histogram) {
  HWY_ALIGN std::int32_t own[kLanes];
  for (std::size_t k = 0; k < n; ++k) {
    const std::uint32_t row = rows[k];
    if (start[row] == start[row + 1]) continue;
    Widen<kLanes>(packed + std::size_t(row) * kLanes, own);
    for (std::size_t i = start[row]; i < start[row + 1]; ++i) AddTo<kLanes>(histogram + slot[i] * kLanes, own);
  }
}

void AddLanes(const std::uint32_t* rows, std::size_t n, const std::uint8_t* bins, std::size_t step, std::size_t stores,
              std::size_t stride, std::size_t lanes, const std::int16_t* packed, std::int32_t* histogram) {
  const auto add = lanes == 16 ? AddLanesOf<16> : lanes == 32 ? AddLanesOf<32> : AddLanesOf<64>;
  add(rows, n, bins, step, stores, stride, packed, histogram);
}

void AddLaneEntries(const std::uint32_t* rows, std::size_t n, const std::uint32_t* start, const std::uint32_t* slot,
                    std::size_t lanes, const std::int16_t* packed, std::int32_t* histogram) {
  const auto add = lanes == 16 ? AddLaneEntriesOf<16> : lanes == 32 ? AddLaneEntriesOf<32> : AddLaneEntriesOf<64>;
  add(rows, n, start, slot, packed, histogram);
}

void AddInts(std::int32_t* HWY_RESTRICT to, const std::int32_t* HWY_RESTRICT from, std::size_t n) {
  const IntD d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    hn::StoreU(hn::Add(hn::LoadU(d, to + i), hn::LoadU(d, from + i)), d, to + i);
}

void SubtractInts(std::int32_t* HWY_RESTRICT to, const std::int32_t* HWY_RESTRICT from, std::size_t n) {
  const IntD d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    hn::StoreU(hn::Sub(hn::LoadU(d, to + i), hn::LoadU(d, from + i)), d, to + i);
}

// 16 partial sums whatever the vectors' size, added up in halves.
HWY_INLINE float SumOf(float* part) {
  for (std::size_t half = kLaneGroup / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

// Right sides are formed in integers, so that small ones keep their digits. A hessian below one step counts as one:
// lanes without an output add 0.
HWY_INLINE float GainOf(const LaneScan& scan, const std::int32_t* sums) {
  const IntD d;
  const FloatD df;
  const LaneForm& form = scan.form;
  const std::size_t step = hn::Lanes(d), shared = form.lanes() - 2;
  HWY_ALIGN float part[kLaneGroup] = {};
  const auto one = hn::Set(df, 1.0f), more = hn::Set(df, scan.l2);
  const auto share = [&](auto g, auto h) { return hn::Div(hn::Mul(g, g), hn::Add(hn::Max(h, one), more)); };
  for (std::size_t i = 0; i < form.gradients; i += step) {
    const auto left = hn::Load(d, sums + i);
    auto gl = hn::ConvertTo(df, left), gr = hn::ConvertTo(df, hn::Sub(hn::LoadU(d, scan.total + i), left));
    auto hl = hn::Set(df, float(sums[shared])), hr = hn::Set(df, float(scan.total[shared] - sums[shared]));
    if (form.own_hessians) {
      const auto h = hn::Load(d, sums + form.gradients + i);
      hl = hn::ConvertTo(df, h);
      hr = hn::ConvertTo(df, hn::Sub(hn::LoadU(d, scan.total + form.gradients + i), h));
    } else {
      const auto is_gradient = hn::FirstN(df, shared > i ? std::min(step, shared - i) : 0);
      gl = hn::IfThenElseZero(is_gradient, gl);
      gr = hn::IfThenElseZero(is_gradient, gr);
    }
    float* to = part + i % kLaneGroup;
    hn::Store(hn::Add(hn::Load(df, to), hn::Add(share(gl, hl), share(gr, hr))), df, to);
  }
  return SumOf(part);
}

LaneCut ScanLanes(const LaneScan& scan, const std::int32_t* const* bins, std::size_t n, const std::int32_t* first) {
  const std::size_t lanes = scan.form.lanes(), counter = scan.form.counter();
  HWY_ALIGN std::int32_t sums[kMostLanes] = {};
  if (first != nullptr) std::copy_n(first, lanes, sums);
  const std::int64_t all = HessiansOf(scan.form, scan.total);
  LaneCut best;
  for (std::size_t k = 0; k < n; ++k) {
    if (bins[k][counter] == 0) continue;
    AddInts(sums, bins[k], lanes);
    if (sums[counter] < scan.least_rows) continue;
    if (scan.total[counter] - sums[counter] < scan.least_rows) break;
    const float gain = GainOf(scan, sums);
    if (!(gain > best.gain)) continue;
    const std::int64_t left = HessiansOf(scan.form, sums);
    if (left < scan.least_hessian || all - left < scan.least_hessian) continue;
    best.gain = gain;
    best.index = static_cast<std::int32_t>(k);
  }
  return best;
}

}  // namespace HWY_NAMESPACE
}  // namespace tagwerk::learners::trees
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tagwerk::learners::trees {

HWY_EXPORT(AddLanes);
HWY_EXPORT(AddLaneEntries);
HWY_EXPORT(AddInts);
HWY_EXPORT(SubtractInts);
HWY_EXPORT(ScanLanes);

void AddLanes(const std::uint32_t* rows, std::size_t n, const std::uint8_t* bins, std::size_t step, std::size_t stores,
              std::size_t stride, std::size_t lanes, const std::int16_t* packed, std::int32_t* histogram) {
  HWY_DYNAMIC_DISPATCH(AddLanes)(rows, n, bins, step, stores, stride, lanes, packed, histogram);
}
void AddLaneEntries(const std::uint32_t* rows, std::size_t n, const std::uint32_t* start, const std::uint32_t* slot,
                    std::size_t lanes, const std::int16_t* packed, std::int32_t* histogram) {
  HWY_DYNAMIC_DISPATCH(AddLaneEntries)(rows, n, start, slot, lanes, packed, histogram);
}
void AddInts(std::int32_t* to, const std::int32_t* from, std::size_t n) { HWY_DYNAMIC_DISPATCH(AddInts)(to, from, n); }
void SubtractInts(std::int32_t* to, const std::int32_t* from, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(SubtractInts)(to, from, n);
}
LaneCut ScanLanes(const LaneScan& scan, const std::int32_t* const* bins, std::size_t n, const std::int32_t* first) {
  return HWY_DYNAMIC_DISPATCH(ScanLanes)(scan, bins, n, first);
}

}  // namespace tagwerk::learners::trees
#endif
