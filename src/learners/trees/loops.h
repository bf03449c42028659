// Loops that run on the pool where there is one.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/threads.h"

namespace tagwerk::learners::trees {

/// Calls body(i) for i in [0, n); without a pool in order.
template <class Body>
void ForEach(Pool* pool, std::size_t n, const Body& body) {
  if (pool != nullptr)
    pool->For(n, body);
  else
    for (std::size_t i = 0; i < n; ++i) body(i);
}

inline constexpr std::size_t kRowChunk = 4096;  ///< fixed, so that sums have a fixed order

/// Calls body(begin, end) for fixed chunks of [0, n). On the pool each thread takes one stretch of chunks: loops over
/// the same rows find them where the one before left them, in their core's cache.
template <class Body>
void ForChunks(Pool* pool, std::size_t n, const Body& body) {
  const std::size_t chunks = (n + kRowChunk - 1) / kRowChunk;
  const auto stretch = [&](std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c) body(c * kRowChunk, std::min(n, (c + 1) * kRowChunk));
  };
  const std::size_t parts = pool != nullptr ? std::min(chunks, std::size_t(pool->threads())) : 1;
  ForEach(pool, parts, [&](std::size_t p) { stretch(p * chunks / parts, (p + 1) * chunks / parts); });
}

}  // namespace tagwerk::learners::trees
