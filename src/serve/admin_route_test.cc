#include "serve/admin_route.h"

#include <gtest/gtest.h>

namespace tagwerk::serve {
namespace {

TEST(AdminRoute, PathsAreFoundWhole) {
  const AdminRoute alias = FindAdminRoute("/v1/models/a%20b/aliases/champion");
  EXPECT_EQ(alias.resource, AdminResource::kAlias);
  EXPECT_EQ(alias.name, "a b");
  EXPECT_EQ(alias.part, "champion");
  EXPECT_EQ(FindAdminRoute("/v1/models/a/aliases/c/rollback").resource, AdminResource::kRollback);
  EXPECT_EQ(FindAdminRoute("/v1/models/a/versions/1").resource, AdminResource::kVersion);
  EXPECT_EQ(FindAdminRoute("/v1/tokens").resource, AdminResource::kTokens);
  EXPECT_EQ(FindAdminRoute("/v1/tokens/ci").resource, AdminResource::kToken);
  EXPECT_EQ(FindAdminRoute("/v1/deployments/a").resource, AdminResource::kDeployments);
  EXPECT_EQ(FindAdminRoute("/v1/audit").resource, AdminResource::kAudit);
  for (const char* path :
       {"", "/", "/v1", "/v1/", "/v1/tokens/", "/v1//tokens", "/v1/tokens/a/b", "/v1/tokens/%zz", "/v1/tokens/a%00",
        "/v1/audit/1", "/v2/tokens", "/v1/models/a/aliases", "/v1/models/a/aliases/",
        "/v1/models/a/aliases/c/rollback/", "/v1/models/a/aliases/c/promote", "/v1/models/a/predict",
        "/v1/models//versions/1", "/v1tokens"})
    EXPECT_EQ(FindAdminRoute(path).resource, AdminResource::kNone) << path;
}

TEST(AdminRoute, ChangesTokensAndAuditNeedAdmin) {
  const AdminRoute alias = FindAdminRoute("/v1/models/a/aliases/c");
  EXPECT_EQ(alias.ScopeOf(Method::kGet), Scope::kRead);
  EXPECT_EQ(alias.ScopeOf(Method::kPut), Scope::kAdmin);
  EXPECT_EQ(alias.ScopeOf(Method::kOther), Scope::kAdmin);
  for (const char* path : {"/v1/tokens", "/v1/tokens/a", "/v1/audit"})
    EXPECT_EQ(FindAdminRoute(path).ScopeOf(Method::kGet), Scope::kAdmin) << path;
}

}  // namespace
}  // namespace tagwerk::serve
