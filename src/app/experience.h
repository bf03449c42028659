// What earlier runs teach this one: their best settings on the most similar data are tried first.
#pragma once

#include <string>
#include <vector>

#include "app/run_state.h"
#include "base/json.h"
#include "search/search.h"
#include "store/store.h"

namespace tagwerk::app {

/// What the data of a run is like: rows, columns by type, shares, classes, and a hash of each column's name and type.
Json MetaFeatures(const RunState& state);
/// How far apart two kinds of data are: share of columns that only one of them has, plus the root mean square of
/// differences in scale (rows, columns, classes: by logarithm; shares: in quarters). 0: the same kind.
double DataDistance(const Json& a, const Json& b);

struct Lesson {
  std::string run;
  double distance = 0;
  std::vector<search::Hint> hints;
};
/// Returns the best settings of the nearest earlier run, if it is near enough (below 0.5: mostly the same columns).
Result<Lesson> AskStore(store::Store& store, const Json& meta_features, const std::string& task);

/// Fills the search's hints: those of the journal on resume, else those of the store. Nothing with --trials, where the
/// result depends on data, options and seed alone. Never fails a run.
void TakeExperience(RunState& state, store::Store* store, const Json& meta_features);

}  // namespace tagwerk::app
