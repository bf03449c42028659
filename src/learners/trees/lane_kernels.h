// The vector kernels of trees for several outputs. Sums over many outputs stand side by side in lanes, 16 or a multiple
// of it. Every instruction set gives the same bits: lanes are added up in a fixed order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tagwerk::learners::trees {

inline constexpr std::size_t kLaneGroup = 16, kMostLanes = 64;

/// How the lanes of a row or of a bin are used: gradients first, then hessians, the last lane counts rows.
struct LaneForm {
  std::size_t gradients = kLaneGroup;  ///< lanes, a multiple of kLaneGroup; those past the outputs are 0
  bool own_hessians = true;            ///< a lane for each output; else one for all, before the last of the gradients'
  std::size_t lanes() const { return own_hessians ? 2 * gradients : gradients; }
  std::size_t outputs() const { return own_hessians ? gradients - 1 : gradients - 2; }  ///< most there is room for
  std::size_t counter() const { return lanes() - 1; }
};

/// For each row rows[k]: adds its lanes, packed + rows[k] * lanes, to the slot bin of each of `stores` stores, whose
/// bins stand side by side at bins + rows[k] * step and whose slots are `stride` apart.
void AddLanes(const std::uint32_t* rows, std::size_t n, const std::uint8_t* bins, std::size_t step, std::size_t stores,
              std::size_t stride, std::size_t lanes, const std::int16_t* packed, std::int32_t* histogram);

/// The same for lists of slots: row r has slot[start[r]] to slot[start[r + 1] - 1].
void AddLaneEntries(const std::uint32_t* rows, std::size_t n, const std::uint32_t* start, const std::uint32_t* slot,
                    std::size_t lanes, const std::int16_t* packed, std::int32_t* histogram);

/// to += from, or to -= from.
void AddInts(std::int32_t* to, const std::int32_t* from, std::size_t n);
void SubtractInts(std::int32_t* to, const std::int32_t* from, std::size_t n);

/// What the scan of one feature needs, in quantised units.
struct LaneScan {
  LaneForm form;
  const std::int32_t* total = nullptr;  ///< of the leaf
  float l2 = 0;
  std::int32_t least_rows = 1;     ///< of a child
  std::int64_t least_hessian = 0;  ///< of a child, all outputs together
};

struct LaneCut {
  float gain = -1;          ///< sum_k GL_k^2 / (HL_k + l2) + GR_k^2 / (HR_k + l2); -1: no valid cut
  std::int32_t index = -1;  ///< the first that reaches it
};

/// The best of n cuts: the left side has `first` (null: nothing) and bins[0] to bins[k].
LaneCut ScanLanes(const LaneScan& scan, const std::int32_t* const* bins, std::size_t n, const std::int32_t* first);

/// Sum of the hessians of all outputs.
inline std::int64_t HessiansOf(const LaneForm& form, const std::int32_t* sums) {
  if (!form.own_hessians) return sums[form.lanes() - 2];
  std::int64_t sum = 0;
  for (std::size_t i = form.gradients; i + 1 < form.lanes(); ++i) sum += sums[i];
  return sum;
}

}  // namespace tagwerk::learners::trees
