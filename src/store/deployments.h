// Which version of a model answers which share of the requests, since when and until when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace tagwerk::store {

struct DeploymentFacts {
  std::int64_t number = 0, version = 0;
  std::string model, route, state, started_at, ended_at, reason;
  double share = 0;
};

/// Notes that a version answers all requests to a model. The one that did so before ends: rolled back where a rollback
/// of the champion brought this one in. The same version again changes nothing.
Status RecordChampion(Store& store, const std::string& model, std::int64_t version);
/// Returns the deployments of a model, newest first.
Result<std::vector<DeploymentFacts>> ListDeployments(Store& store, const std::string& model);

}  // namespace tagwerk::store
