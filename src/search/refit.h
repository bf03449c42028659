// How long FitMembers will take, so that the search can leave time for it.
#pragma once

#include <cstddef>

#include "search/state.h"

namespace tagwerk::search {

/// Wall seconds of fitting the running blend's members once on all rows of split.train.
double RefitSeconds(const Problem& problem, const State& state, int threads);

}  // namespace tagwerk::search
