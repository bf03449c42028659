#include "serve/admin_route.h"

namespace tagwerk::serve {
namespace {

/// Cuts a path into its parts, decoded. False for an empty or malformed one.
bool SplitPath(std::string_view path, std::vector<std::string>& parts) {
  while (!path.empty()) {
    if (path[0] != '/') return false;
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    std::string part;
    if (!PercentDecode(path.substr(0, end), part) || part.empty()) return false;
    parts.push_back(std::move(part));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return true;
}

}  // namespace

AdminRoute FindAdminRoute(std::string_view path) {
  std::vector<std::string> parts;
  if (!path.starts_with("/v1/") || !SplitPath(path, parts)) return {};
  const std::size_t count = parts.size();
  if (count == 2 && parts[1] == "tokens") return {AdminResource::kTokens, "", ""};
  if (count == 2 && parts[1] == "audit") return {AdminResource::kAudit, "", ""};
  if (count == 3 && parts[1] == "tokens") return {AdminResource::kToken, parts[2], ""};
  if (count == 3 && parts[1] == "deployments") return {AdminResource::kDeployments, parts[2], ""};
  if (count < 5 || parts[1] != "models") return {};
  if (count == 5 && parts[3] == "versions") return {AdminResource::kVersion, parts[2], parts[4]};
  if (count == 5 && parts[3] == "aliases") return {AdminResource::kAlias, parts[2], parts[4]};
  if (count == 6 && parts[3] == "aliases" && parts[5] == "rollback")
    return {AdminResource::kRollback, parts[2], parts[4]};
  return {};
}

std::vector<Method> AdminRoute::Methods() const {
  switch (resource) {
    case AdminResource::kVersion:
      return {Method::kGet, Method::kHead, Method::kDelete};
    case AdminResource::kAlias:
      return {Method::kGet, Method::kHead, Method::kPut};
    case AdminResource::kRollback:
      return {Method::kPost};
    case AdminResource::kTokens:
      return {Method::kGet, Method::kHead, Method::kPost};
    case AdminResource::kToken:
      return {Method::kDelete};
    case AdminResource::kDeployments:
    case AdminResource::kAudit:
      return {Method::kGet, Method::kHead};
    default:
      return {};
  }
}

Scope AdminRoute::ScopeOf(Method method) const {
  const bool looks = method == Method::kGet || method == Method::kHead;
  const bool of_models = resource == AdminResource::kVersion || resource == AdminResource::kAlias ||
                         resource == AdminResource::kRollback || resource == AdminResource::kDeployments;
  return looks && of_models ? Scope::kRead : Scope::kAdmin;
}

}  // namespace tagwerk::serve
