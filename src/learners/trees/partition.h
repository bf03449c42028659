// Stable partition of row lists by a split.
#pragma once

#include <array>
#include <span>

#include "base/threads.h"
#include "base/work_room.h"
#include "learners/trees/bins.h"
#include "learners/trees/split.h"

namespace tagwerk::learners::trees {

/// Which bins go left.
struct Sides {
  bool by_table = false;
  CutRule cut;                            ///< numbers
  std::array<std::uint8_t, 256> table{};  ///< categories: 1 for bins that go left
};
Sides SidesOf(const Split& split, const Feature& feature);

/// Moves the rows that go left to the front, both sides in their old order; returns how many went left.
/// `bins` have kBinPadding bytes more than rows; `scratch` grows as needed. The result does not depend on the pool (may
/// be null).
std::size_t Partition(std::span<table::RowIndex> rows, const std::uint8_t* bins, const Sides& sides, WorkRoom& scratch,
                      Pool* pool);

}  // namespace tagwerk::learners::trees
