// The inner loop of weighted least squares: adds sum_r zw_r z_r^T for a block of rows. Every entry of the
// result is its own sum over the rows in order, so wider registers change speed and not one bit.
#pragma once

#include <cstddef>
#include <cstring>

namespace tagwerk::learners::linear {

/// Doubles that are padded together; dense widths are multiples of it.
inline constexpr std::size_t kLanes = 8;

enum class Simd { kBest, kBaseline };  ///< kBaseline is for the test that both agree

/// gram[i * stride + j] += sum over rows r of zw[r * width + i] * z[r * width + j], for all tiles that
/// touch j >= i; what lies below the diagonal is undefined.
void AddOuterProducts(const double* zw, const double* z, std::size_t rows, std::size_t width, double* gram,
                      std::size_t stride, Simd simd = Simd::kBest);

typedef double Lanes __attribute__((vector_size(kLanes * sizeof(double))));

/// Returns the sum of a[i] * b[i], i < width, in eight interleaved partial sums (bits as above).
inline double Dot(const double* a, const double* b, std::size_t width) {
  Lanes sum = {};
  for (std::size_t i = 0; i < width; i += kLanes) {
    Lanes left, right;
    std::memcpy(&left, a + i, sizeof(Lanes));
    std::memcpy(&right, b + i, sizeof(Lanes));
    sum += left * right;
  }
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/// to[i] += factor * from[i], i < width.
inline void AddScaled(double factor, const double* from, std::size_t width, double* to) {
  for (std::size_t i = 0; i < width; i += kLanes) {
    Lanes source, sum;
    std::memcpy(&source, from + i, sizeof(Lanes));
    std::memcpy(&sum, to + i, sizeof(Lanes));
    sum += factor * source;
    std::memcpy(to + i, &sum, sizeof(Lanes));
  }
}

}  // namespace tagwerk::learners::linear
