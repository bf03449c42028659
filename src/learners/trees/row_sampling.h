// Rows of a round drawn by their gradients: rows that the model already explains are left out more often, those drawn
// count for them.
#pragma once

#include <cstdint>
#include <vector>

#include "learners/trees/gradients.h"

namespace tagwerk::learners::trees {

enum class Sampling {
  kUniform,          ///< each row with the same chance
  kMinimalVariance,  ///< chance proportional to sqrt(g^2 + lambda h^2) (Ibragimov and Gusev 2019, section 3)
  kGoss,             ///< rows of large |g h| always, of the others half as many (Ke et al. 2017, section 3)
};

/// Draws about share * train.size() rows: `in` gets them in order, `out` the others. The gradients of a drawn row are
/// divided by its chance, so that sums over any leaf are right on average. The same rows for any number of threads.
void SampleByGradient(Sampling sampling, double share, std::uint64_t seed, model::RowSpan train, Pool* pool,
                      GradientPlane& plane, std::vector<table::RowIndex>& in, std::vector<table::RowIndex>& out);

}  // namespace tagwerk::learners::trees
