// Where the loss on judged rows comes from: which slices, missing values, confusions and suspect labels cost
// how much of it, and what would be won if they were like the rest.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "base/task.h"
#include "table/table.h"

namespace tagwerk::diagnose {

struct ErrorInput {
  Task task = Task::kRegression;
  const table::Table* table = nullptr;  ///< judged rows
  std::vector<std::size_t> columns;     ///< of the table: what slices are made of
  std::span<const double> truth;        ///< class index or number
  std::span<const double> scores;       ///< rows x classes, or rows
  std::vector<std::string> classes;
  std::span<const std::int32_t> decisions;  ///< class index (classification)
  std::vector<std::size_t> suspects;        ///< rows whose label is suspect
};

/// Loss of each row: -ln of the probability of its class (at least 1e-15), or the squared error.
std::vector<double> RowLosses(Task task, std::span<const double> truth, std::span<const double> scores,
                              std::size_t num_classes);

/// `errors` of the run document's `diagnosis`; null below 100 rows. Slices overlap, so their shares do not add
/// up. A slice is listed when its loss is above that of the rest beyond chance (Welch, q <= 0.05 over all
/// slices looked at); of nearly the same rows only the one that costs most.
Json ErrorsJson(const Context& context, const ErrorInput& input);

}  // namespace tagwerk::diagnose
