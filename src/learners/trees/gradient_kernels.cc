// Highway compiles this file once per instruction set; HWY_ONCE holds the dispatchers.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learners/trees/gradient_kernels.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

#include "learners/trees/gradient_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace tagwerk::learners::trees {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// exp(x) = 2^k * exp(r), r = x - k ln 2 in two parts (Cody and Waite 1980); exp(r) by a polynomial of
// degree 6. Products and sums stay separate: a fused multiply-add would differ between targets.
template <class D, class V>
HWY_INLINE V ExpVector(D d, V x) {
  const hn::Rebind<std::int32_t, D> di;
  x = hn::Min(hn::Max(x, hn::Set(d, -87.0f)), hn::Set(d, 88.0f));
  const auto k = hn::NearestInt(hn::Mul(x, hn::Set(d, 1.44269504f)));
  const auto kf = hn::ConvertTo(d, k);
  auto r = hn::Sub(x, hn::Mul(kf, hn::Set(d, 0.693359375f)));
  r = hn::Sub(r, hn::Mul(kf, hn::Set(d, -2.12194440e-4f)));
  auto p = hn::Set(d, 1.0f / 720);
  p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0f / 120));
  p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0f / 24));
  p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0f / 6));
  p = hn::Add(hn::Mul(p, r), hn::Set(d, 0.5f));
  p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0f));
  p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0f));
  const auto scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(k, hn::Set(di, 127))));
  return hn::Mul(p, scale);
}

void ExpInPlace(float* HWY_RESTRICT x, std::size_t n) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(ExpVector(d, hn::LoadU(d, x + i)), d, x + i);
  const hn::CappedTag<float, 1> one;
  for (; i < n; ++i) hn::StoreU(ExpVector(one, hn::LoadU(one, x + i)), one, x + i);
}

// With e = exp(-|score|) the wrong class has probability e/(1+e) or 1/(1+e): no difference of nearly equal numbers.
template <class D>
HWY_INLINE void LogisticVector(D d, const float* score, const float* sign, GradientPair* to) {
  const auto s = hn::LoadU(d, score);
  const auto y = hn::LoadU(d, sign);
  const auto e = ExpVector(d, hn::Neg(hn::Abs(s)));
  const auto inverse = hn::Div(hn::Set(d, 1.0f), hn::Add(hn::Set(d, 1.0f), e));
  const auto small = hn::Mul(e, inverse);
  const auto wrong = hn::IfThenElse(hn::Ge(hn::Mul(s, y), hn::Zero(d)), small, inverse);
  hn::StoreInterleaved2(hn::Neg(hn::Mul(y, wrong)), hn::Mul(small, inverse), d, reinterpret_cast<float*>(to));
}

void LogisticGradients(const float* HWY_RESTRICT score, const float* HWY_RESTRICT sign, std::size_t n,
                       GradientPair* HWY_RESTRICT to) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) LogisticVector(d, score + i, sign + i, to + i);
  for (; i < n; ++i) LogisticVector(hn::CappedTag<float, 1>(), score + i, sign + i, to + i);
}

// Mix64 of every lane.
template <class D, class V>
HWY_INLINE V MixVector(D d, V x) {
  x = hn::Add(x, hn::Set(d, 0x9e3779b97f4a7c15ULL));
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<30>(x)), hn::Set(d, 0xbf58476d1ce4e5b9ULL));
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<27>(x)), hn::Set(d, 0x94d049bb133111ebULL));
  return hn::Xor(x, hn::ShiftRight<31>(x));
}

template <class D>
HWY_INLINE void RoundVector(D d, const float* x, float scale, std::uint64_t seed, std::uint64_t at,
                            std::int32_t* steps) {
  const hn::Rebind<double, D> dd;
  const hn::Rebind<float, D> df;
  const hn::Rebind<std::int32_t, D> di;
  const auto bits = hn::ShiftRight<11>(MixVector(d, hn::Xor(hn::Set(d, seed), hn::Iota(d, at))));
  const auto wide = hn::ConvertTo(dd, hn::BitCast(hn::RebindToSigned<D>(), bits));
  const auto up = hn::DemoteTo(df, hn::Mul(wide, hn::Set(dd, 0x1.0p-53)));
  const auto scaled = hn::Add(hn::Mul(hn::LoadU(df, x), hn::Set(df, scale)), up);
  hn::StoreU(hn::ConvertTo(di, hn::Floor(scaled)), di, steps);
}

void RoundRandomly(const float* HWY_RESTRICT x, std::size_t n, float scale, std::uint64_t seed, std::uint64_t first,
                   std::int32_t* HWY_RESTRICT steps) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) RoundVector(d, x + i, scale, seed, first + i, steps + i);
  for (; i < n; ++i) RoundVector(hn::CappedTag<std::uint64_t, 1>(), x + i, scale, seed, first + i, steps + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace tagwerk::learners::trees
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tagwerk::learners::trees {

HWY_EXPORT(ExpInPlace);
HWY_EXPORT(LogisticGradients);
HWY_EXPORT(RoundRandomly);

void ExpInPlace(float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(ExpInPlace)(x, n); }
void LogisticGradients(const float* score, const float* sign, std::size_t n, GradientPair* to) {
  HWY_DYNAMIC_DISPATCH(LogisticGradients)(score, sign, n, to);
}
void RoundRandomly(const float* x, std::size_t n, float scale, std::uint64_t seed, std::uint64_t first,
                   std::int32_t* steps) {
  HWY_DYNAMIC_DISPATCH(RoundRandomly)(x, n, scale, seed, first, steps);
}

}  // namespace tagwerk::learners::trees
#endif
