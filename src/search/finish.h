// The end of a search: ensemble, calibration, ranks.
#pragma once

#include "search/state.h"

namespace tagwerk::search {

/// How many trials the time left allows the ensemble to choose from.
std::size_t CandidateLimit(const Context& context, const Problem& problem);

/// Makes the result out of the finished trials; at least one must be ok.
SearchResult FinishSearch(const Context& context, const Problem& problem, State& state, std::size_t candidates);

}  // namespace tagwerk::search
