// Highway compiles this file once per instruction set; HWY_ONCE holds the dispatchers.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learners/trees/shap_kernel.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

#include <algorithm>

#include "learners/trees/shap_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace tagwerk::learners::trees {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, kShapRows>;
constexpr std::size_t kLanes = hn::MaxLanes(D());
static_assert(kShapRows % kLanes == 0);

/// All bits for each row that takes the edge, given that it took the one above on the same column.
HWY_INLINE void Take(const ShapEdge& edge, const double* codes, const std::uint64_t* above, std::uint64_t* taken) {
  const D d;
  const hn::RebindToUnsigned<D> bits;
  const double* code = codes + std::size_t(edge.code) * kShapRows;
  if (edge.left_set != nullptr) {
    for (std::size_t r = 0; r < kShapRows; ++r) {
      const auto c = static_cast<std::size_t>(code[r]);
      const bool left = (((*edge.left_set)[c >> 6] >> (c & 63)) & 1) != 0;
      taken[r] = left != edge.right ? above[r] : 0;
    }
    return;
  }
  const auto limit = hn::Set(d, double(edge.limit));
  for (std::size_t r = 0; r < kShapRows; r += kLanes) {
    const auto right = hn::BitCast(bits, hn::VecFromMask(d, hn::Gt(hn::LoadU(d, code + r), limit)));
    const auto up = hn::LoadU(bits, above + r);
    hn::StoreU(edge.right ? hn::And(up, right) : hn::AndNot(right, up), bits, taken + r);
  }
}

HWY_INLINE auto MaskAt(const std::uint64_t* taken) {
  const D d;
  const hn::RebindToUnsigned<D> bits;
  return hn::MaskFromVec(hn::BitCast(d, hn::LoadU(bits, taken)));
}

template <std::size_t kPoints>
class Walk {
 public:
  Walk(const ShapTree& tree, const double* codes, const double* values, std::size_t stride, ShapScratch& scratch,
       double* to)
      : tree_(tree), codes_(codes), values_(values), stride_(stride), s_(scratch), to_(to), points_(tree.points) {}

  HWY_INLINE void Run() {
    std::fill_n(s_.product.data(), points() * kShapRows, 1.0);
    std::fill_n(s_.taken.data(), kShapRows, ~std::uint64_t(0));
    for (const ShapEdge& edge : tree_.edges) {
      s_.edge[edge.depth] = &edge;
      Take(edge, codes_, s_.taken.data() + edge.up * kShapRows, s_.taken.data() + edge.depth * kShapRows);
      if (!edge.leaf) {
        Descend(edge);
        continue;
      }
      Leave(edge);
      for (std::uint32_t k = 1; k <= edge.closes; ++k) Close(*s_.edge[edge.depth - k]);
    }
  }

 private:
  HWY_INLINE std::size_t points() const { return kPoints > 0 ? kPoints : points_; }
  HWY_INLINE const double* FactorsOf(const ShapEdge& edge) const {
    return tree_.factors.data() + std::size_t(&edge - tree_.edges.data()) * 4 * points();
  }
  HWY_INLINE double* ProductAt(std::uint32_t depth) const { return s_.product.data() + depth * points() * kShapRows; }
  HWY_INLINE double* SumAt(std::uint32_t depth) const { return s_.sum.data() + depth * points() * kShapRows; }

  /// The product of factors down to the edge's child, at one point for one vector of rows.
  template <class M>
  HWY_INLINE hn::Vec<D> Down(const double* above, double yes, double no, double missed, M took, M took_above) const {
    const D d;
    const auto otherwise = hn::IfThenElse(took_above, hn::Set(d, no), hn::Set(d, missed));
    return hn::Mul(hn::LoadU(d, above), hn::IfThenElse(took, hn::Set(d, yes), otherwise));
  }

  HWY_INLINE void Descend(const ShapEdge& edge) const {
    const D d;
    const double* factors = FactorsOf(edge);
    const double* above = ProductAt(edge.depth - 1);
    double *product = ProductAt(edge.depth), *sum = SumAt(edge.depth);
    for (std::size_t r = 0; r < kShapRows; r += kLanes) {
      const auto took = MaskAt(s_.taken.data() + edge.depth * kShapRows + r);
      const auto took_above = MaskAt(s_.taken.data() + edge.up * kShapRows + r);
      for (std::size_t q = 0; q < points(); ++q) {
        const std::size_t at = q * kShapRows + r;
        hn::StoreU(Down(above + at, factors[q], factors[points() + q], edge.both_missed, took, took_above), d,
                   product + at);
        hn::StoreU(hn::Zero(d), d, sum + at);
      }
    }
  }

  HWY_INLINE void Leave(const ShapEdge& edge) const {
    const D d;
    const double* factors = FactorsOf(edge);
    const double* above = ProductAt(edge.depth - 1);
    double *sum = SumAt(edge.depth - 1), *to = to_ + std::size_t(edge.player) * kShapRows;
    const auto value = hn::Set(d, values_[edge.value * stride_]);
    for (std::size_t r = 0; r < kShapRows; r += kLanes) {
      const auto took = MaskAt(s_.taken.data() + edge.depth * kShapRows + r);
      const auto took_above = MaskAt(s_.taken.data() + edge.up * kShapRows + r);
      auto total = hn::Zero(d);
      for (std::size_t q = 0; q < points(); ++q) {
        const std::size_t at = q * kShapRows + r;
        const auto g =
            hn::Mul(Down(above + at, factors[q], factors[points() + q], edge.both_missed, took, took_above), value);
        hn::StoreU(hn::Add(hn::LoadU(d, sum + at), g), d, sum + at);
        total = hn::Add(total, hn::Mul(g, hn::IfThenElse(took, hn::Set(d, factors[2 * points() + q]),
                                                         hn::Set(d, factors[3 * points() + q]))));
      }
      hn::StoreU(hn::Add(hn::LoadU(d, to + r), hn::IfThenElseZero(took_above, total)), d, to + r);
    }
  }

  /// All leaves below the edge are known: what its column contributes through them, and the sum goes one node up.
  HWY_INLINE void Close(const ShapEdge& edge) const {
    const D d;
    const double* factors = FactorsOf(edge) + 2 * points();
    const double* own = SumAt(edge.depth);
    double *sum = SumAt(edge.depth - 1), *to = to_ + std::size_t(edge.player) * kShapRows;
    for (std::size_t r = 0; r < kShapRows; r += kLanes) {
      const auto took = MaskAt(s_.taken.data() + edge.depth * kShapRows + r);
      const auto took_above = MaskAt(s_.taken.data() + edge.up * kShapRows + r);
      auto total = hn::Zero(d);
      for (std::size_t q = 0; q < points(); ++q) {
        const std::size_t at = q * kShapRows + r;
        const auto g = hn::LoadU(d, own + at);
        hn::StoreU(hn::Add(hn::LoadU(d, sum + at), g), d, sum + at);
        total =
            hn::Add(total, hn::Mul(g, hn::IfThenElse(took, hn::Set(d, factors[q]), hn::Set(d, factors[points() + q]))));
      }
      hn::StoreU(hn::Add(hn::LoadU(d, to + r), hn::IfThenElseZero(took_above, total)), d, to + r);
    }
  }

  const ShapTree& tree_;
  const double *codes_, *values_;
  std::size_t stride_;
  ShapScratch& s_;
  double* to_;
  std::size_t points_;
};

template <std::size_t kPoints>
void Add(const ShapTree& tree, const double* codes, const double* values, std::size_t stride, ShapScratch& scratch,
         double* to) {
  Walk<kPoints>(tree, codes, values, stride, scratch, to).Run();
}

void AddShapRows(const ShapTree& tree, const double* codes, const double* values, std::size_t stride,
                 ShapScratch& scratch, double* to) {
  using Function = void (*)(const ShapTree&, const double*, const double*, std::size_t, ShapScratch&, double*);
  static constexpr Function kOfPoints[] = {Add<0>, Add<1>, Add<2>, Add<3>, Add<4>, Add<5>, Add<6>, Add<7>, Add<8>};
  kOfPoints[tree.points < std::size(kOfPoints) ? tree.points : 0](tree, codes, values, stride, scratch, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace tagwerk::learners::trees
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tagwerk::learners::trees {

HWY_EXPORT(AddShapRows);

void ShapScratch::Fit(std::size_t depth, std::size_t points) {
  const std::size_t cells = (depth + 1) * points * kShapRows;
  if (product.size() < cells) product.resize(cells);
  if (sum.size() < cells) sum.resize(cells);
  if (taken.size() < (depth + 1) * kShapRows) taken.resize((depth + 1) * kShapRows);
  if (edge.size() < depth + 1) edge.resize(depth + 1);
}

void AddShapRows(const ShapTree& tree, const double* codes, const double* values, std::size_t stride,
                 ShapScratch& scratch, double* to) {
  HWY_DYNAMIC_DISPATCH(AddShapRows)(tree, codes, values, stride, scratch, to);
}

}  // namespace tagwerk::learners::trees
#endif
