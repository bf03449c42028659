// Splits by time: the test set is the end, folds are expanding windows before it.
#pragma once

#include "split/split.h"

namespace tagwerk::split {

/// Fills train, test, folds and the time texts of `split`. Rows without a time count as the oldest.
Status SplitByTime(const SplitInput& input, const SplitOptions& options, const table::EventTime& time, int folds,
                   Split& split);

}  // namespace tagwerk::split
