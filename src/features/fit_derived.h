// Choosing features made of two columns.
#pragma once

#include "features/fit.h"

namespace tagwerk::features {

/// Sums, differences, products and ratios of numbers and crosses of categories that tell more of the target,
/// beyond what single columns tell, than the best of the same candidates told of a shuffled target
/// (algorithms.md 4.6). Chosen one after another, each on what the ones before have left; at most ten.
std::vector<Fitted> FitDerived(const Context& context, const FitState& state);

}  // namespace tagwerk::features
