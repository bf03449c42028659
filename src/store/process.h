// Who holds something in the store: a process of this machine, recognised again after its number was given to another.
#pragma once

#include <string>

namespace tagwerk::store {

/// Returns "<boot id> <pid> <start>" of this process.
std::string ThisProcess();
/// Whether that process still runs. A process of another boot of this machine, or of another machine, does not.
bool StillRuns(const std::string& process);

}  // namespace tagwerk::store
