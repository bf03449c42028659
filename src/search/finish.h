// The end of a search: ensemble, calibration, ranks.
#pragma once

#include "search/state.h"

namespace tagwerk::search {

/// Makes the result out of the finished trials; at least one must be ok.
SearchResult FinishSearch(const Context& context, const Problem& problem, State& state);

}  // namespace tagwerk::search
