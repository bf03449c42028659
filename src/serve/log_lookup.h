// Looking for predictions in the log.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"

namespace tagwerk::serve {

/// Marks which of some ids the closed files of a model hold, the newest files first. `folders` hold logs (those that do
/// not exist are passed over). Returns whether it came to an end: all were found or all files read before `deadline`.
/// Files that cannot be read are passed over.
bool FindLogged(const std::vector<std::string>& folders, const std::string& model, const std::vector<std::string>& ids,
                TimePoint deadline, std::vector<bool>& found);

}  // namespace tagwerk::serve
