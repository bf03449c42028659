#include "store/deployments.h"

#include "base/text.h"

namespace tagwerk::store {
namespace {

/// How the champion came to be the version that it is: register, promote, rollback.
Result<std::string> LastMove(Store& store, const std::string& model) {
  TW_TRY(const auto row, store.database().QueryOne("SELECT kind FROM alias_changes WHERE model = ? AND alias = "
                                                   "'champion' ORDER BY number DESC LIMIT 1",
                                                   {model}));
  return row ? row->Text(0) : std::string();
}

}  // namespace

Status RecordChampion(Store& store, const std::string& model, std::int64_t version) {
  Database& database = store.database();
  return database.Write([&]() -> Status {
    TW_TRY(const auto active,
           database.Query("SELECT version FROM deployments WHERE model = ? AND route = 'champion' AND state = 'active'",
                          {model}));
    if (active.size() == 1 && active[0].Int(0) == version) return Ok();
    TW_TRY(const std::string kind, LastMove(store, model));
    const std::string now = UtcTime(UnixNow());
    TW_RETURN_IF_ERROR(
        database.Change("UPDATE deployments SET state = ?, ended_at = ?, reason = ? WHERE model = ? AND "
                        "route = 'champion' AND state = 'active'",
                        {kind == "rollback" ? "rolled_back" : "ended", now,
                         "version " + std::to_string(version) + " took its place", model}));
    TW_TRY(const std::int64_t number, store.Next("deployment"));
    TW_RETURN_IF_ERROR(
        database.Change("INSERT INTO deployments (number, model, version, route, share, state, started_at) VALUES "
                        "(?, ?, ?, 'champion', 1, 'active', ?)",
                        {number, model, version, now}));
    TW_RETURN_IF_ERROR(store.Next("registry"));
    return Ok();
  });
}

Result<std::vector<DeploymentFacts>> ListDeployments(Store& store, const std::string& model) {
  TW_TRY(const auto rows,
         store.database().Query("SELECT number, version, model, route, state, started_at, ended_at, reason, share FROM "
                                "deployments WHERE model = ? ORDER BY number DESC",
                                {model}));
  std::vector<DeploymentFacts> deployments;
  for (const Row& row : rows)
    deployments.push_back({row.Int(0), row.Int(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5), row.Text(6),
                           row.Text(7), row.Real(8)});
  return deployments;
}

}  // namespace tagwerk::store
