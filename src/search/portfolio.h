// Portfolio: configurations that are good on many data sets, in the order of their expected gain per
// second, by task and number of rows.
#pragma once

#include <vector>

#include "search/trial.h"

namespace tagwerk::search {

/// Returns the short list for a problem: learners that are allowed and exist, parameters that they
/// declare (clamped to their ranges), --set applied, without doubles.
std::vector<Configuration> Portfolio(const Problem& problem);

/// Returns the baselines of the task, cheapest first.
std::vector<Configuration> Baselines(const Problem& problem);

/// Learners of the search that the task and the input's list allow.
std::vector<const model::LearnerDescriptor*> SearchLearners(const Problem& problem);

/// Sets what the user fixed with --set and brings every value into its range.
void Settle(const Problem& problem, Configuration& configuration);

}  // namespace tagwerk::search
