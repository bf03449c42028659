// Categories with an order that everyone knows: low < medium < high.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "features/input.h"

namespace tagwerk::features {

/// Returns the rank of each level, from 0, when all levels but "other", "unknown" and the like (NaN) are steps
/// of one known scale and at least three of its steps occur; the case of letters and the kind of separator do
/// not matter.
std::optional<std::vector<double>> KnownOrder(const Levels& levels);

/// The same for the labels of a target: dense steps, 0 to n - 1, when every label is a step of its own.
std::optional<std::vector<double>> KnownSteps(std::span<const std::string> labels);

}  // namespace tagwerk::features
