// What if: one row with other values, and the smallest changes that turn its decision.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "pipeline/pipeline.h"
#include "table/table.h"

namespace tagwerk::explain {

/// One value put in place of the row's own.
struct Change {
  std::size_t column = 0;  ///< of the table
  table::ColumnPtr value;  ///< one row
};

/// Returns the row with the changes made.
table::Table Changed(const table::Table& row, const std::vector<Change>& changes);
/// Returns `{prediction, probability, score}` of every row (score: log-odds of the positive or the likeliest class,
/// or the number), empty when interrupted.
Json Answers(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& rows);

/// Searches the smallest changes of one row that give another decision (counterfactual explanations, Wachter et al.
/// 2018): first every single column, with the values that occur in `others`; then greedily up to four columns,
/// undoing what is not needed. Numbers are moved back toward the row's own value as far as the decision holds.
/// `distance`: numbers in units of their spread (interquartile range of `others`), other columns 1 each.
/// Returns at most `most` entries `{changes[]: {column, from, to}, distance, prediction, probability}`, smallest
/// distance first, one per set of columns; classification only.
Json Counterfactuals(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& row,
                     const table::Table& others, const std::vector<std::string>& fixed, std::size_t most);

}  // namespace tagwerk::explain
