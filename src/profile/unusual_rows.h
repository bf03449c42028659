// Rows unlike all others in several columns at once, by an isolation forest (Liu et al. 2008) on robustly
// scaled columns. The threshold comes from the data itself: rows whose columns are shuffled independently
// pass it in about one table of 300, and such a row must be far out in two columns: clean data stays silent.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "profile/profile.h"

namespace tagwerk::profile {

struct UnusualRows {
  struct Reason {
    std::size_t column = 0;
    double size = 0;  ///< robust standard deviations from the median; for levels -log2 of the share
  };
  struct Row {
    std::size_t row = 0;
    double score = 0;
    std::vector<Reason> reasons;  ///< at most 3, largest first
  };
  std::vector<Row> rows;  ///< at most 20, highest score first
  std::int64_t found = 0;
  std::int64_t looked_at = 0;
  bool sampled = false;
  double threshold = 1;
  int columns = 0;
};

/// Looks at `columns` of the table.
UnusualRows FindUnusualRows(const Context& context, const table::Table& table, const std::vector<std::size_t>& columns);
Json UnusualRowsJson(const UnusualRows& unusual, const table::Table& table);

}  // namespace tagwerk::profile
