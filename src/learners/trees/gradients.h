// Gradients and hessians of a round, real and quantised. Scales are chosen so that the absolute values of
// all rows sum to at most about 2^30: then every sum over any subset is exact in 32 bits and a packed pair
// is one 64-bit add. Exact integer sums make trees independent of the order of work.
#pragma once

#include <span>
#include <vector>

#include "base/context.h"
#include "learners/trees/kernels.h"
#include "learners/trees/split.h"
#include "model/matrix.h"

namespace tagwerk::learners::trees {

struct GradientPair {
  float g, h;
};

/// One tree's view of the loss, indexed by matrix row.
struct GradientPlane {
  std::vector<GradientPair> real;
  std::vector<Packed> packed;
  Scale scale;
};

/// Fills plane.packed and plane.scale for `rows`. With `unit_hessian` every h is 1 and counts rows exactly.
void Quantise(GradientPlane& plane, model::RowSpan rows, bool unit_hessian, Pool* pool);

inline constexpr std::size_t kRowChunk = 16384;  ///< fixed, so that sums have a fixed order

/// Calls body(begin, end) for fixed chunks of [0, n), on the pool where there is one.
template <class Body>
void ForChunks(Pool* pool, std::size_t n, const Body& body) {
  if (pool != nullptr && n > kRowChunk) {
    pool->Chunks(n, kRowChunk, body);
  } else {
    for (std::size_t b = 0; b < n; b += kRowChunk) body(b, std::min(n, b + kRowChunk));
  }
}

}  // namespace tagwerk::learners::trees
