// The trees of a forest walked 64 side by side for one row, by instructions that load and look up 16 of them at once.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tagwerk::learners::trees {

inline constexpr std::size_t kWideTrees = 64;  ///< walked together: arrays of trees are filled up to a multiple
inline constexpr std::size_t kWideMost = 1024;
inline constexpr std::size_t kWideSlots = 64;  ///< columns, at most

/// Whether this processor has the instructions (AVX-512 with VBMI).
bool HasWideLanes();

/// Walks `trees` trees, a multiple of kWideTrees and at most kWideMost, from their roots to their leaves. `nodes` as
/// LaneForest::Node, `codes` of RowEngine::kCodes bytes; sets the number of each tree's leaf.
void WalkWide(const std::uint32_t* nodes, const std::uint32_t* roots, std::size_t trees, std::size_t slots,
              const std::uint8_t* codes, std::uint32_t* leaves);

}  // namespace tagwerk::learners::trees
