// Several targets in one command: one run each, none of which sees the others' columns.
#pragma once

#include <vector>

#include "app/run.h"

namespace tagwerk::app {

/// Returns what `--target A,B` stands for: for each target a request with a folder and a name of its own that drops
/// the other targets (who asks for a prediction knows none of them). One request where the target as typed is a column
/// or no list. The budget is that of all: see ShareOfBudget. Errors: target-not-found; several-targets (one named
/// twice; standard input, which can be read once; --resume without a folder).
Result<std::vector<RunRequest>> RequestsByTarget(const Context& context, const RunRequest& request);

/// Gives the next of `left` runs its part of what is left of the budget since `started`.
void ShareOfBudget(RunRequest& request, TimePoint started, double budget_seconds, std::size_t left);

}  // namespace tagwerk::app
