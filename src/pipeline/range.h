// Numbers outside of what training saw.
#pragma once

#include "pipeline/pipeline.h"

namespace tagwerk::pipeline {

/// Slack beyond the trained range, as a share of its width, that is not worth a warning.
inline constexpr double kRangeSlack = 0.1;

/// Returns whether a number lies beyond the trained range of an input and the slack; false for missing values and
/// for inputs whose range is not known.
inline bool OutOfRange(const Input& input, double value) {
  if (input.field.type != table::SemanticType::kNumeric || !(input.high >= input.low)) return false;
  const double slack = kRangeSlack * (input.high - input.low);
  return value < input.low - slack || value > input.high + slack;
}

}  // namespace tagwerk::pipeline
