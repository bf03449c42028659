// Many columns with the same peculiarity share one finding: a wide table must not bury what matters.
#pragma once

#include <vector>

#include "profile/finding.h"

namespace tagwerk::profile {

/// Replaces more than three findings of one kind (for marker values: of one value) by one that lists
/// their columns; it stands where the first stood.
void MergeAlike(std::vector<Finding>& findings);

}  // namespace tagwerk::profile
