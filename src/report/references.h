// The literature behind what a run did.
#pragma once

#include <string>
#include <vector>

#include "report/facts.h"

namespace tagwerk::report {

/// Returns the citations of the methods that the document shows in use, in order of author.
std::vector<std::string> References(const Facts& facts);

}  // namespace tagwerk::report
