// The command: words in, exit code out.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"

namespace tagwerk::cli {

/// Interrupts: the first asks to end with the best so far, the second to stop at once.
struct Interrupts {
  StopFlag first, second;
};

/// Runs the command. `words` are argv without the program's name.
int RunCommand(const std::vector<std::string>& words, const Interrupts& interrupts, TimePoint started,
               double started_unix);

}  // namespace tagwerk::cli
