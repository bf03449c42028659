// The vector kernels of losses and gradients, compiled and chosen as those of kernels.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tagwerk::learners::trees {

/// Replaces x by exp(x); accurate to about 2 ulp on [-87, 88], clamped outside.
void ExpInPlace(float* x, std::size_t n);

struct GradientPair {
  float g, h;
};

/// Gradients of the log loss, -sign p(wrong), and hessians, p (1-p), of scores with true classes +1 or -1 (`sign`).
void LogisticGradients(const float* score, const float* sign, std::size_t n, GradientPair* to);

/// steps[i] = floor(x[i] scale + u), u = ToUnit(Mix64(seed ^ (first + i))) as a float (base/random.h).
void RoundRandomly(const float* x, std::size_t n, float scale, std::uint64_t seed, std::uint64_t first,
                   std::int32_t* steps);

}  // namespace tagwerk::learners::trees
