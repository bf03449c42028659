#include "learners/trees/wide_lanes.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace tagwerk::learners::trees {

#ifdef __x86_64__
namespace {

#define TAGWERK_WIDE __attribute__((target("avx512f,avx512bw,avx512vbmi")))

constexpr std::size_t kGroup = 16;                      // lanes of a register
constexpr std::size_t kGroups = kWideTrees / kGroup;    // they hide each other's waiting for loads
constexpr int kFirstSteps = 4;                          // of all; most leaves are near, and few trees have far ones
constexpr int kMoreSteps = 2;                           // between looks whether all are at leaves
constexpr __mmask64 kSecondBytes = 0x2222222222222222;  // of each lane: where a code carries

struct CodeBytes {
  __m512i low, high;
};

template <bool two>
TAGWERK_WIDE inline __m512i CarryOf(__m512i node, const CodeBytes& codes) {
  const __m512i list = _mm512_slli_epi32(node, 8);
  return two ? _mm512_maskz_permutex2var_epi8(kSecondBytes, codes.low, list, codes.high)
             : _mm512_maskz_permutexvar_epi8(kSecondBytes, list, codes.low);
}

/// One step of every lane; returns what they moved by, 0 at leaves.
template <bool two>
TAGWERK_WIDE inline __m512i Step(const std::uint32_t* nodes, const CodeBytes& codes, __m512i& at, __m512i& node) {
  node = _mm512_i32gather_epi32(at, nodes, 4);
  const __m512i by = _mm512_srli_epi32(_mm512_add_epi32(node, CarryOf<two>(node, codes)), 16);
  at = _mm512_add_epi32(at, by);
  return by;
}

TAGWERK_WIDE inline __m512i LeafOf(__m512i node) { return _mm512_and_si512(node, _mm512_set1_epi32(255)); }

/// A few steps for all trees; those that are not at a leaf then are put together in `list`, with their numbers.
template <bool two>
TAGWERK_WIDE std::size_t Begin(const std::uint32_t* nodes, const CodeBytes& codes, const std::uint32_t* roots,
                               std::size_t trees, std::uint32_t* leaves, std::uint32_t* list, std::uint32_t* numbers) {
  std::size_t left = 0;
  __m512i number = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (std::size_t t = 0; t < trees; t += kWideTrees) {
    __m512i at[kGroups], node[kGroups], by[kGroups];
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) at[g] = _mm512_loadu_si512(roots + t + g * kGroup);
#pragma GCC unroll 8
    for (int step = 0; step < kFirstSteps; ++step)
#pragma GCC unroll 4
      for (std::size_t g = 0; g < kGroups; ++g) by[g] = Step<two>(nodes, codes, at[g], node[g]);
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) {
      _mm512_storeu_si512(leaves + t + g * kGroup, LeafOf(node[g]));
      const __mmask16 moved = _mm512_test_epi32_mask(by[g], by[g]);
      _mm512_storeu_si512(list + left, _mm512_maskz_compress_epi32(moved, at[g]));
      _mm512_storeu_si512(numbers + left, _mm512_maskz_compress_epi32(moved, number));
      left += std::size_t(__builtin_popcount(moved));
      number = _mm512_add_epi32(number, _mm512_set1_epi32(kGroup));
    }
  }
  return left;
}

/// Walks on to the leaves.
template <bool two>
TAGWERK_WIDE void Finish(const std::uint32_t* nodes, const CodeBytes& codes, std::size_t trees, std::uint32_t* list) {
  for (std::size_t t = 0; t < trees; t += kWideTrees) {
    __m512i at[kGroups], node[kGroups];
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) at[g] = _mm512_loadu_si512(list + t + g * kGroup);
    for (bool moved = true; moved;) {
      __m512i any = _mm512_setzero_si512();
#pragma GCC unroll 2
      for (int step = 0; step < kMoreSteps; ++step)
#pragma GCC unroll 4
        for (std::size_t g = 0; g < kGroups; ++g) {
          const __m512i by = Step<two>(nodes, codes, at[g], node[g]);
          if (step == kMoreSteps - 1) any = _mm512_or_si512(any, by);
        }
      moved = _mm512_test_epi32_mask(any, any) != 0;
    }
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) _mm512_storeu_si512(list + t + g * kGroup, LeafOf(node[g]));
  }
}

template <bool two>
TAGWERK_WIDE void Walk(const std::uint32_t* nodes, const std::uint32_t* roots, std::size_t trees,
                       const std::uint8_t* codes, std::uint32_t* leaves) {
  const CodeBytes held{_mm512_loadu_si512(codes), _mm512_loadu_si512(codes + 64)};
  std::uint32_t list[kWideMost + kWideTrees], numbers[kWideMost + kWideTrees];
  const std::size_t left = Begin<two>(nodes, held, roots, trees, leaves, list, numbers);
  for (std::size_t i = left; i % kWideTrees != 0; ++i) list[i] = list[0];  // walked once more, and left out
  Finish<two>(nodes, held, left, list);
  for (std::size_t i = 0; i < left; ++i) leaves[numbers[i]] = list[i];
}

}  // namespace

bool HasWideLanes() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vbmi") != 0;
}

void WalkWide(const std::uint32_t* nodes, const std::uint32_t* roots, std::size_t trees, std::size_t slots,
              const std::uint8_t* codes, std::uint32_t* leaves) {
  if (2 * slots <= 64)
    Walk<false>(nodes, roots, trees, codes, leaves);
  else
    Walk<true>(nodes, roots, trees, codes, leaves);
}
#else
bool HasWideLanes() { return false; }
void WalkWide(const std::uint32_t*, const std::uint32_t*, std::size_t, std::size_t, const std::uint8_t*,
              std::uint32_t*) {}
#endif

}  // namespace tagwerk::learners::trees
