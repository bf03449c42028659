// Gradients of all outputs of a round side by side, quantised for the search of splits that serve all of them. Up to 31
// outputs have lanes of their own, gradient and hessian. More are projected on 30 random directions of plus and minus
// one with one hessian for all (Iosipoi and Vakhrushev 2022, SketchBoost, section 3.3); leaf values are always exact.
#pragma once

#include <cstdint>
#include <vector>

#include "learners/trees/gradients.h"
#include "learners/trees/lane_kernels.h"

namespace tagwerk::learners::trees {

struct LanePlane {
  std::vector<GradientPlane> outputs;  ///< real gradients of each; `packed` is not used
  std::vector<std::int16_t> packed;    ///< [matrix row][form.lanes()]
  LaneForm form;
  Scale scale;
};

/// The lanes that so many outputs take.
LaneForm LaneFormOf(std::size_t outputs);

/// Fills plane.packed and plane.scale for `rows`; `levels` and `seed` as in Rounding. The same for any number of
/// threads.
void QuantiseLanes(LanePlane& plane, model::RowSpan rows, int levels, std::uint64_t seed, Pool* pool);

}  // namespace tagwerk::learners::trees
