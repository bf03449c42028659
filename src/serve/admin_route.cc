#include "serve/admin_route.h"

#include <algorithm>
#include <array>

#include "serve/route.h"

namespace tagwerk::serve {
namespace {

struct Pattern {
  AdminResource resource;
  std::string_view path;  ///< below /v1/; `*` is the name, `?` the part
  bool get;               ///< GET and HEAD
  Method change;          ///< kOther: none
  bool for_readers;       ///< looking needs `read`, else `admin`
};
using enum AdminResource;
constexpr std::array<Pattern, 20> kPatterns{{
    {kModels, "models", true, Method::kOther, true},
    {kModel, "models/*", true, Method::kOther, true},
    {kVersion, "models/*/versions/?", true, Method::kDelete, true},
    {kVersionReport, "models/*/versions/?/report", true, Method::kOther, true},
    {kVersionCard, "models/*/versions/?/card", true, Method::kOther, true},
    {kVersionFile, "models/*/versions/?/file", true, Method::kOther, true},
    {kAlias, "models/*/aliases/?", true, Method::kPut, true},
    {kRollback, "models/*/aliases/?/rollback", false, Method::kPost, false},
    {kRuns, "runs", true, Method::kOther, true},
    {kRun, "runs/*", true, Method::kDelete, true},
    {kLeaderboard, "runs/*/leaderboard", true, Method::kOther, true},
    {kRunReport, "runs/*/report", true, Method::kOther, true},
    {kRunFiles, "runs/*/files", true, Method::kOther, true},
    {kRunFile, "runs/*/files/?", true, Method::kOther, true},
    {kDeployments, "deployments/*", true, Method::kOther, true},
    {kTokens, "tokens", true, Method::kPost, false},
    {kToken, "tokens/*", false, Method::kDelete, false},
    {kAudit, "audit", true, Method::kOther, false},
    {kStore, "store", true, Method::kOther, false},
    {kLearners, "learners", true, Method::kOther, true},
}};

/// Whether a path is of this form; fills name and part.
bool Fits(std::string_view pattern, std::string_view path, AdminRoute& route) {
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) return false;
  while (!pattern.empty()) {
    const std::string_view wanted = TakeSegment(pattern), found = TakeSegment(path);
    if (wanted == "*" || wanted == "?") {
      std::string& into = wanted == "*" ? route.name : route.part;
      if (!PercentDecode(found, into) || into.empty()) return false;
    } else if (wanted != found) {
      return false;
    }
  }
  return true;
}

const Pattern* PatternOf(AdminResource resource) {
  const auto* found = std::find_if(kPatterns.begin(), kPatterns.end(),
                                   [&](const Pattern& pattern) { return pattern.resource == resource; });
  return found == kPatterns.end() ? nullptr : found;
}

}  // namespace

AdminRoute FindAdminRoute(std::string_view path) {
  constexpr std::string_view kFront = "/v1/";
  if (!path.starts_with(kFront)) return {};
  path.remove_prefix(kFront.size());
  for (const Pattern& pattern : kPatterns) {
    AdminRoute route;
    if (!Fits(pattern.path, path, route)) continue;
    route.resource = pattern.resource;
    return route;
  }
  return {};
}

std::vector<Method> AdminRoute::Methods() const {
  std::vector<Method> methods;
  const Pattern* pattern = PatternOf(resource);
  if (pattern == nullptr) return methods;
  if (pattern->get) methods = {Method::kGet, Method::kHead};
  if (pattern->change != Method::kOther) methods.push_back(pattern->change);
  return methods;
}

Scope AdminRoute::ScopeOf(Method method) const {
  const Pattern* pattern = PatternOf(resource);
  const bool looks = method == Method::kGet || method == Method::kHead;
  return looks && pattern != nullptr && pattern->for_readers ? Scope::kRead : Scope::kAdmin;
}

}  // namespace tagwerk::serve
