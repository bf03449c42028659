// Gradients and hessians of a round, real and quantised. Scales are chosen so that the absolute values of
// all rows sum to at most about 2^30: then every sum over any subset is exact in 32 bits and a packed pair
// is one 64-bit add. Exact integer sums make trees independent of the order of work.
#pragma once

#include <span>
#include <vector>

#include "learners/trees/gradient_kernels.h"
#include "learners/trees/kernels.h"
#include "learners/trees/loops.h"
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
  std::uint64_t seed = 0;     ///< of the random rounding, with the row's place among all
};

/// Fills plane.packed and plane.scale for `rows`. Few levels regularise: splits follow noisy gradients, leaf values the
/// exact ones (Shi et al. 2022, Quantized training of gradient boosting decision trees, sections 4.2 and 4.3).
void Quantise(GradientPlane& plane, model::RowSpan rows, const Rounding& rounding, Pool* pool);

}  // namespace tagwerk::learners::trees
