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
  EXPECT_EQ(FindAdminRoute("/v1/models").resource, AdminResource::kModels);
  EXPECT_EQ(FindAdminRoute("/v1/models/a").resource, AdminResource::kModel);
  EXPECT_EQ(FindAdminRoute("/v1/models/a/versions/1/file").part, "1");
  EXPECT_EQ(FindAdminRoute("/v1/models/a/versions/1/card").resource, AdminResource::kVersionCard);
  EXPECT_EQ(FindAdminRoute("/v1/runs").resource, AdminResource::kRuns);
  EXPECT_EQ(FindAdminRoute("/v1/runs/r-1").name, "r-1");
  EXPECT_EQ(FindAdminRoute("/v1/runs/r/leaderboard").resource, AdminResource::kLeaderboard);
  const AdminRoute file = FindAdminRoute("/v1/runs/r/files/..%2Fstore.db");
  EXPECT_EQ(file.resource, AdminResource::kRunFile);
  EXPECT_EQ(file.part, "../store.db");  // a name like any other: no file is kept under it
  for (const char* path : {"/v1/runs/",
                           "/v1/runs/r/files/",
                           "/v1/runs/r/files/a/b",
                           "/v1/runs/r/file",
                           "/v1/store/",
                           "/v1/learners/x",
                           "/v1/models/",
                           "/v1/models/a/versions/1/files",
                           "/v1/models/a/versions",
                           "",
                           "/",
                           "/v1",
                           "/v1/",
                           "/v1/tokens/",
                           "/v1//tokens",
                           "/v1/tokens/a/b",
                           "/v1/tokens/%zz",
                           "/v1/tokens/a%00",
                           "/v1/audit/1",
                           "/v2/tokens",
                           "/v1/models/a/aliases",
                           "/v1/models/a/aliases/",
                           "/v1/models/a/aliases/c/rollback/",
                           "/v1/models/a/aliases/c/promote",
                           "/v1/models/a/predict",
                           "/v1/models//versions/1",
                           "/v1tokens"})
    EXPECT_EQ(FindAdminRoute(path).resource, AdminResource::kNone) << path;
}

TEST(AdminRoute, ChangesTokensAndAuditNeedAdmin) {
  const AdminRoute alias = FindAdminRoute("/v1/models/a/aliases/c");
  EXPECT_EQ(alias.ScopeOf(Method::kGet), Scope::kRead);
  EXPECT_EQ(alias.ScopeOf(Method::kPut), Scope::kAdmin);
  EXPECT_EQ(alias.ScopeOf(Method::kOther), Scope::kAdmin);
  for (const char* path : {"/v1/models", "/v1/models/a/versions/1/file", "/v1/runs", "/v1/runs/r", "/v1/learners"})
    EXPECT_EQ(FindAdminRoute(path).ScopeOf(Method::kGet), Scope::kRead) << path;
  EXPECT_EQ(FindAdminRoute("/v1/runs/r").ScopeOf(Method::kDelete), Scope::kAdmin);
  EXPECT_EQ(FindAdminRoute("/v1/runs/r").Methods(), (std::vector{Method::kGet, Method::kHead, Method::kDelete}));
  for (const char* path : {"/v1/tokens", "/v1/tokens/a", "/v1/audit", "/v1/store"})
    EXPECT_EQ(FindAdminRoute(path).ScopeOf(Method::kGet), Scope::kAdmin) << path;
}

}  // namespace
}  // namespace tagwerk::serve
