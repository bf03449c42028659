// Experience: what earlier runs tried, on what kind of data, and what came out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace tagwerk::store {

struct EarlierRun {
  std::string id;
  Json meta_features;
};
struct EarlierTrial {
  std::string learner;
  Json parameters;  ///< every parameter by name
  double ensemble_weight = 0;
  std::int64_t rank = 0;
};

/// Notes what the data of a run is like; kept however the run ends.
Status RememberData(Store& store, const std::string& run, const Json& meta_features);
/// Returns finished runs of a task whose data is known, newest first.
Result<std::vector<EarlierRun>> EarlierRuns(Store& store, const std::string& task, std::int64_t limit);
/// Returns the trials that made a run's model, heaviest first, then the next best ones.
Result<std::vector<EarlierTrial>> BestTrials(Store& store, const std::string& run, std::int64_t limit);

}  // namespace tagwerk::store
