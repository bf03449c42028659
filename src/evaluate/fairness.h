// Figures by group: what the model decides for each group of rows, and how far the groups lie apart. Figures
// only; nothing here changes a decision.
#pragma once

#include "evaluate/evaluate.h"

namespace tagwerk::evaluate {

/// Figures by the values of one column (quartile ranges of numbers, frequent categories; groups of at least 20
/// rows): rows, and binary: share of positives, share decided positive, true and false positive rate, accuracy;
/// multiclass: accuracy; regression: mean error and mean absolute error; with intervals (Wilson, t).
/// `gaps`: largest difference between two groups with a bootstrap interval; binary: `demographic_parity` (share
/// decided positive) and `equalised_odds` (the larger gap of true and false positive rate: Hardt, Price & Srebro
/// 2016), as Fairlearn defines the differences. Null when there are not two groups.
Json FairnessJson(const Context& context, const EvaluateInput& input, const table::Table& rows, std::size_t column);

}  // namespace tagwerk::evaluate
