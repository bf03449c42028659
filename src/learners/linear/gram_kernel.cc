// One body, compiled for three instruction sets and chosen at run time. Contraction into fused operations
// is off for the whole project, so all three round alike.
#include "learners/linear/gram_kernel.h"

#include <cstring>

namespace tagwerk::learners::linear {
namespace {

#define TW_INLINE inline __attribute__((always_inline))

// Eight result rows, one vector of result columns: eight independent sums hide the latency of addition.
constexpr std::size_t kTile = 8;
static_assert(kTile == kLanes);

TW_INLINE void Tile(const double* zw, const double* z, std::size_t rows, std::size_t width, double* gram,
                    std::size_t stride) {
  Lanes sum[kTile];
  for (std::size_t a = 0; a < kTile; ++a) std::memcpy(&sum[a], gram + a * stride, sizeof(Lanes));
  for (std::size_t r = 0; r < rows; ++r) {
    Lanes right;
    std::memcpy(&right, z + r * width, sizeof(Lanes));
    const double* left = zw + r * width;
    for (std::size_t a = 0; a < kTile; ++a) sum[a] += left[a] * right;
  }
  for (std::size_t a = 0; a < kTile; ++a) std::memcpy(gram + a * stride, &sum[a], sizeof(Lanes));
}

TW_INLINE void AllTiles(const double* zw, const double* z, std::size_t rows, std::size_t width, double* gram,
                        std::size_t stride) {
  for (std::size_t i = 0; i < width; i += kTile) {
    for (std::size_t j = i; j < width; j += kLanes) {
      Tile(zw + i, z + j, rows, width, gram + i * stride + j, stride);
    }
  }
}

__attribute__((optimize("O3"))) void AllTilesBaseline(const double* zw, const double* z, std::size_t rows,
                                                      std::size_t width, double* gram, std::size_t stride) {
  AllTiles(zw, z, rows, width, gram, stride);
}

#if defined(__x86_64__)
__attribute__((target("avx2"), optimize("O3"))) void AllTilesAvx2(const double* zw, const double* z, std::size_t rows,
                                                                  std::size_t width, double* gram, std::size_t stride) {
  AllTiles(zw, z, rows, width, gram, stride);
}

__attribute__((target("avx512f"), optimize("O3"))) void AllTilesAvx512(const double* zw, const double* z,
                                                                       std::size_t rows, std::size_t width,
                                                                       double* gram, std::size_t stride) {
  AllTiles(zw, z, rows, width, gram, stride);
}
#endif

}  // namespace

void AddOuterProducts(const double* zw, const double* z, std::size_t rows, std::size_t width, double* gram,
                      std::size_t stride, Simd simd) {
#if defined(__x86_64__)
  if (simd == Simd::kBest && __builtin_cpu_supports("avx512f")) {
    return AllTilesAvx512(zw, z, rows, width, gram, stride);
  }
  if (simd == Simd::kBest && __builtin_cpu_supports("avx2")) {
    return AllTilesAvx2(zw, z, rows, width, gram, stride);
  }
#endif
  (void)simd;
  AllTilesBaseline(zw, z, rows, width, gram, stride);
}

}  // namespace tagwerk::learners::linear
