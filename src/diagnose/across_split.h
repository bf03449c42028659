// What the split may have hidden: test rows that repeat training rows, and rows of one group on both sides.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/task.h"
#include "table/table.h"

namespace tagwerk::diagnose {

struct SplitDuplicates {
  std::vector<std::size_t> rows;                   ///< judged rows that equal a training row in every column
  std::int64_t same_target = 0, other_target = 0;  ///< of these
};
/// Compares the given columns (by name in both tables).
SplitDuplicates FindSplitDuplicates(const table::Table& train, table::RowSpan train_rows,
                                    std::span<const double> train_target, const table::Table& judged,
                                    std::span<const double> judged_target, const std::vector<std::string>& columns);

struct GroupInput {
  const table::Table* table = nullptr;
  table::Rows rows;           ///< training rows
  std::span<const double> y;  ///< over all rows of the table
  Task task = Task::kRegression;
  int num_classes = 0;
  std::vector<std::size_t> features;
  std::vector<std::size_t> candidates;  ///< columns that may name groups; see GroupCandidates
};

/// Columns whose values repeat a little: keys of customers, machines, tickets. At most 3, most values first.
std::vector<std::size_t> GroupCandidates(const table::Table& table, table::RowSpan rows, std::size_t target);

struct GroupCheck {
  std::size_t column = 0;
  std::size_t groups = 0, rows = 0;
  double shuffled = 0, grouped = 0;  ///< mean loss over 3 folds of rows, and of whole groups
  double difference = 0, error = 0;  ///< grouped - shuffled, with its standard error over groups
};
/// Compares folds of rows with folds of whole groups, paired row by row, same small model. Returns the column
/// with the largest clear loss: more than 4 standard errors and 10 % of the shuffled loss; empty if none.
std::optional<GroupCheck> CheckGroups(const Context& context, const GroupInput& input);

}  // namespace tagwerk::diagnose
