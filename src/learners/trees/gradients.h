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

/// One tree's view of the loss, indexed by matrix row.
struct GradientPlane {
  std::vector<GradientPair> real;
  std::vector<Packed> packed;
  Scale scale;
};

/// How finely gradients are kept while splits are looked for.
struct Rounding {
  bool unit_hessian = false;  ///< every h is 1 and counts rows exactly
  int levels = 0;             ///< steps from 0 to the largest gradient, rounded at random; 0: as fine as sums allow
  std::uint64_t seed = 0;     ///< of the random rounding, with the row's number
};

/// Fills plane.packed and plane.scale for `rows`. Few levels regularise: splits follow noisy gradients, leaf values the
/// exact ones (Shi et al. 2022, Quantized training of gradient boosting decision trees, sections 4.2 and 4.3).
void Quantise(GradientPlane& plane, model::RowSpan rows, const Rounding& rounding, Pool* pool);

inline constexpr std::size_t kRowChunk = 4096;  ///< fixed, so that sums have a fixed order

/// Calls body(begin, end) for fixed chunks of [0, n). On the pool each thread takes one stretch of chunks: loops over
/// the same rows find them where the one before left them, in their core's cache.
template <class Body>
void ForChunks(Pool* pool, std::size_t n, const Body& body) {
  const std::size_t chunks = (n + kRowChunk - 1) / kRowChunk;
  const auto stretch = [&](std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c) body(c * kRowChunk, std::min(n, (c + 1) * kRowChunk));
  };
  if (pool == nullptr || chunks < 2) {
    stretch(0, chunks);
    return;
  }
  const std::size_t parts = std::min(chunks, std::size_t(pool->threads()));
  pool->For(parts, [&](std::size_t p) { stretch(p * chunks / parts, (p + 1) * chunks / parts); });
}

}  // namespace tagwerk::learners::trees
