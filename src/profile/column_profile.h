// Statistics of one column over all rows.
#pragma once

#include "profile/profile.h"

namespace tagwerk::profile {

ColumnProfile ProfileColumn(const table::Table& table, std::size_t column);

}  // namespace tagwerk::profile
