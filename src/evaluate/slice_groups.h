// How the rows of one column fall into slices: quartile ranges of numbers, frequent categories, periods
// of time. Internal to this folder.
#pragma once

#include <string>
#include <vector>

#include "table/table.h"

namespace tagwerk::evaluate {

struct Slice {
  std::size_t column = 0;
  std::string label;
  std::vector<std::uint32_t> rows;
};

/// Returns the slices of a column that have at least `min_rows` rows and leave as many outside.
std::vector<Slice> SlicesOf(const table::Table& table, std::size_t column, std::size_t min_rows);

}  // namespace tagwerk::evaluate
