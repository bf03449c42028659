// Fitting text columns.
#pragma once

#include <optional>

#include "features/fit.h"

namespace tagwerk::features {

/// Inputs of the state that hold text (table::HoldsWords over the training rows; not booleans).
bool IsText(const FitState& state, std::uint32_t input);

/// Fits what the recipe makes of all text columns together: nothing when there are none, or when their
/// words tell nothing of the target of training rows that they were not fitted on.
std::vector<Fitted> FitTexts(const Context& context, const FitState& state, model::Recipe recipe);

}  // namespace tagwerk::features
