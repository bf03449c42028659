// Where a row of the table stands in its file: the path, and the line where every line is a row.
#pragma once

#include "profile/finding.h"
#include "table/read_result.h"

namespace tagwerk::profile {

/// `row` from 0. The line is 0 (not known) for other formats than CSV, and where lines are blank, rejected,
/// quoted over several lines or sampled; the value then names the row.
Example ExampleAt(const table::ReadResult& read, std::size_t row, const std::string& value);

}  // namespace tagwerk::profile
