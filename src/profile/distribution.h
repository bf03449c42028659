// In words which law every column of numbers follows, if any: fits on a sample, q-values over all fits of
// all columns, and the distance of the distribution functions, as p-values reject anything in large data.
#pragma once

#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "profile/profile.h"

namespace tagwerk::profile {

/// `statistics.distribution` of every column; null: not numbers, or too few values. Members: law, verdict
/// (fits: not rejected; close: rejected, but the distance is at most 0.02; rough: at most 0.04; none),
/// parameters, distance, p_value, q_value, rows, words.
std::vector<Json> DescribeDistributions(const Context& context, const table::Table& table,
                                        const std::vector<ColumnProfile>& columns);

}  // namespace tagwerk::profile
