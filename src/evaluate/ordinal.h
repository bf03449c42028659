// How far off decisions are where classes have an order.
#pragma once

#include <span>

#include "evaluate/evaluate.h"

namespace tagwerk::evaluate {

/// `test.ordinal`: quadratic weighted kappa (Cohen 1968) of the decisions, their mean distance from the truth in steps,
/// and the shares that are right, at most one step off, and two or more; kappa and distance with bootstrap intervals.
/// `ranks`: step of each class. Null without rows.
Json OrdinalJson(const Context& context, const EvaluateInput& input, std::span<const double> ranks);

}  // namespace tagwerk::evaluate
