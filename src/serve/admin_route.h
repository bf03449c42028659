// Paths of what the store holds: who has which alias, deployments, tokens, the audit log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/access.h"
#include "serve/http.h"

namespace tagwerk::serve {

enum class AdminResource : std::uint8_t {
  kNone,
  kVersion,      ///< /v1/models/NAME/versions/V: DELETE
  kAlias,        ///< /v1/models/NAME/aliases/ALIAS
  kRollback,     ///< /v1/models/NAME/aliases/ALIAS/rollback
  kDeployments,  ///< /v1/deployments/NAME
  kTokens,       ///< /v1/tokens
  kToken,        ///< /v1/tokens/NAME
  kAudit,        ///< /v1/audit
};

struct AdminRoute {
  AdminResource resource = AdminResource::kNone;
  std::string name;  ///< of the model or token, decoded
  std::string part;  ///< alias or version

  std::vector<Method> Methods() const;  ///< that are served
  Scope ScopeOf(Method method) const;   ///< read for looking; admin for changes, tokens and the audit log
};

/// Finds the resource; kNone for every other path.
AdminRoute FindAdminRoute(std::string_view path);

}  // namespace tagwerk::serve
