// Statistics of one column over all rows.
#pragma once

#include "profile/profile.h"

namespace tagwerk::profile {

ColumnProfile ProfileColumn(const table::Table& table, std::size_t column);

/// Replaces figures of a sample by those of all rows.
void TakeTotals(const table::ColumnTotals& totals, ColumnProfile& profile);

}  // namespace tagwerk::profile
