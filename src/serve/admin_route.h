// Paths of what the store holds: models and their versions, runs, who has which alias, deployments, tokens, the audit
// log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/access.h"
#include "serve/http.h"

namespace tagwerk::serve {

enum class AdminResource : std::uint8_t {
  kNone,
  kModels,         ///< /v1/models
  kModel,          ///< /v1/models/NAME
  kVersion,        ///< /v1/models/NAME/versions/V
  kVersionReport,  ///< /v1/models/NAME/versions/V/report
  kVersionCard,    ///< /v1/models/NAME/versions/V/card
  kVersionFile,    ///< /v1/models/NAME/versions/V/file
  kAlias,          ///< /v1/models/NAME/aliases/ALIAS
  kRollback,       ///< /v1/models/NAME/aliases/ALIAS/rollback
  kRuns,           ///< /v1/runs
  kRun,            ///< /v1/runs/ID
  kLeaderboard,    ///< /v1/runs/ID/leaderboard
  kRunReport,      ///< /v1/runs/ID/report
  kRunFiles,       ///< /v1/runs/ID/files
  kRunFile,        ///< /v1/runs/ID/files/FILE
  kDeployments,    ///< /v1/deployments/NAME
  kTokens,         ///< /v1/tokens
  kToken,          ///< /v1/tokens/NAME
  kAudit,          ///< /v1/audit
  kStore,          ///< /v1/store
  kLearners,       ///< /v1/learners
};

struct AdminRoute {
  AdminResource resource = AdminResource::kNone;
  std::string name;  ///< of the model, run or token, decoded
  std::string part;  ///< alias, version or file

  std::vector<Method> Methods() const;  ///< that are served
  Scope ScopeOf(Method method) const;   ///< read for looking; admin for changes, tokens, the store and the audit log
};

/// Finds the resource; kNone for every other path.
AdminRoute FindAdminRoute(std::string_view path);

}  // namespace tagwerk::serve
