#include "store/runs.h"

#include <cmath>
#include <filesystem>

#include "base/text.h"
#include "store/process.h"

namespace tagwerk::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRunColumns =
    "SELECT r.id, r.name, r.status, r.stop_reason, r.target, r.task, r.metric, r.started_at, r.finished_at, r.folder, "
    "r.data_source, m.value, m.low, m.high, r.seconds, r.row_count, r.trial_count, v.version, r.process, r.number FROM "
    "runs r "
    "LEFT JOIN metrics m ON m.run = r.id AND m.scope = 'test' AND m.name = r.metric "
    "LEFT JOIN (SELECT run, max(version) AS version FROM versions GROUP BY run) v ON v.run = r.id ";

RunFacts RunOf(const Row& row) {
  RunFacts facts;
  facts.id = row.Text(0);
  facts.name = row.Text(1);
  facts.status = row.Text(2);
  facts.stop_reason = row.Text(3);
  facts.target = row.Text(4);
  facts.task = row.Text(5);
  facts.metric = row.Text(6);
  facts.started_at = row.Text(7);
  facts.finished_at = row.Text(8);
  facts.folder = row.Text(9);
  facts.data_source = row.Text(10);
  facts.score = row.Real(11);
  facts.low = row.Real(12);
  facts.high = row.Real(13);
  facts.seconds = row.Real(14);
  facts.rows = row.Int(15);
  facts.trials = row.Int(16);
  facts.version = row.Int(17);
  facts.number = row.Int(19);
  if (facts.status == "running" && !StillRuns(row.Text(18))) facts.status = "interrupted";
  return facts;
}

/// Folders are kept as seen from the store's folder where they lie beside it, so that a copied project stays whole.
std::string KeptFolder(const Store& store, const std::string& folder) {
  if (folder.empty()) return "";
  std::error_code failure;
  const fs::path full = fs::weakly_canonical(folder, failure);
  const fs::path base = fs::weakly_canonical(store.location().Folder(), failure).parent_path();
  const fs::path near = full.lexically_relative(base);
  const bool below = !near.empty() && *near.begin() != "..";
  return below ? ("../" / near).lexically_normal().string() : full.string();
}

std::string ShownFolder(const Store& store, const std::string& kept) {
  if (kept.empty() || fs::path(kept).is_absolute()) return kept;
  return fs::path(store.location().File(kept)).lexically_normal().string();
}

Error NoSuchRun(Store& store, const std::string& typed) {
  Error error(Code::kNotFound, "run-not-found", "there is no such run: " + Quoted(typed));
  error.In(store.location().path).ExitCode(2);
  if (const auto runs = ListRuns(store, {.name = "", .status = "", .limit = 200})) {
    std::vector<std::string> ids;
    for (const RunFacts& run : *runs) ids.push_back(run.id);
    if (const auto similar = SimilarNames(typed, ids); !similar.empty()) error.Similar(similar);
  }
  return error.Do("tagwerk runs list");
}

}  // namespace

Status BeginRun(Store& store, const RunStart& start) {
  Database& database = store.database();
  return database.Write([&]() -> Status {
    const std::string now = UtcTime(start.started_unix);
    if (!start.project.empty())
      TW_RETURN_IF_ERROR(
          database.Change("INSERT INTO projects (name, folder, created_at) VALUES (?, '..', ?) ON CONFLICT DO NOTHING",
                          {start.project, now}));
    TW_TRY(const auto there, database.QueryOne("SELECT number FROM runs WHERE id = ?", {start.id}));
    if (there) {
      TW_RETURN_IF_ERROR(database.Change(
          "UPDATE runs SET status = 'running', finished_at = NULL, error = NULL, process = ?, command = ?, "
          "budget_seconds = ?, threads = ? WHERE id = ?",
          {ThisProcess(), start.command, start.budget_seconds, std::int64_t(start.threads), start.id}));
      return Ok();
    }
    TW_TRY(const std::int64_t number, store.Next("run"));
    TW_RETURN_IF_ERROR(database.Change(
        "INSERT INTO runs (id, number, project, name, status, command, written_by, seed, threads, budget_seconds, "
        "data_source, started_at, folder, process) VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {start.id, number, NullIfEmpty(start.project), start.name, start.command, start.written_by,
         std::int64_t(start.seed), std::int64_t(start.threads), start.budget_seconds, NullIfEmpty(start.data_source),
         now, NullIfEmpty(KeptFolder(store, start.folder)), ThisProcess()}));
    return Ok();
  });
}

Result<std::string> BeginNewRun(Store& store, RunStart start) {
  const Status begun = store.database().Write([&]() -> Status {
    TW_TRY(start.id, FreeRunId(store, start.id, start.folder));
    return BeginRun(store, start);
  });
  if (!begun) return begun.error();
  return start.id;
}

Result<std::string> FreeRunId(Store& store, const std::string& wanted, const std::string& folder) {
  const std::string kept = KeptFolder(store, folder);
  std::string id = wanted;
  for (int i = 2;; ++i) {
    TW_TRY(const auto row, store.database().QueryOne("SELECT folder FROM runs WHERE id = ?", {id}));
    if (!row || row->Text(0) == kept) return id;
    id = wanted + "-" + std::to_string(i);
  }
}

Status EndRun(Store& store, const std::string& id, const std::string& status, const Json& error) {
  return store.database().Write([&]() -> Status {
    TW_RETURN_IF_ERROR(store.database().Change(
        "UPDATE runs SET status = ?, finished_at = ?, error = ?, process = NULL WHERE id = ? AND status = 'running'",
        {status, UtcTime(UnixNow()), error.is_null() ? Value() : Value(DumpJson(error)), id}));
    return Ok();
  });
}

const std::vector<std::string>& RunStates() {
  static const std::vector<std::string> kStates = {"running", "done", "gate_failed", "interrupted", "failed"};
  return kStates;
}

Result<std::vector<RunFacts>> ListRuns(Store& store, const RunFilter& filter) {
  std::string sql = std::string(kRunColumns) +
                    "WHERE (? = '' OR r.name = ?) AND (? = '' OR r.status = ? OR "
                    "(? = 'interrupted' AND r.status = 'running')) ";
  std::vector<Value> values{filter.name, filter.name, filter.status, filter.status, filter.status};
  const bool up = filter.order == RunOrder::kStartedUp;
  if (filter.after) {
    sql += up ? "AND (r.started_at > ? OR (r.started_at = ? AND r.number > ?)) "
              : "AND (r.started_at < ? OR (r.started_at = ? AND r.number < ?)) ";
    const auto& [started, number] = *filter.after;
    values.insert(values.end(), {started, started, number});
  }
  if (filter.order == RunOrder::kNewest)
    sql += "ORDER BY r.number DESC ";
  else
    sql += up ? "ORDER BY r.started_at, r.number " : "ORDER BY r.started_at DESC, r.number DESC ";
  // Whether one that began still runs is not known to the database.
  if (filter.status != "running" && filter.status != "interrupted") {
    sql += "LIMIT ?";
    values.emplace_back(filter.limit);
  }
  TW_TRY(const auto rows, store.database().Query(sql, values));
  std::vector<RunFacts> runs;
  for (const Row& row : rows) {
    if (std::int64_t(runs.size()) >= filter.limit) break;
    RunFacts facts = RunOf(row);
    if (!filter.status.empty() && facts.status != filter.status) continue;
    facts.folder = ShownFolder(store, facts.folder);
    runs.push_back(std::move(facts));
  }
  return runs;
}

Result<RunFacts> FindRunById(Store& store, const std::string& id) {
  if (id == "last") return FindRun(store, id);
  TW_TRY(const auto row, store.database().QueryOne(std::string(kRunColumns) + "WHERE r.id = ?", {id}));
  if (!row) return NoSuchRun(store, id);
  RunFacts facts = RunOf(*row);
  facts.folder = ShownFolder(store, facts.folder);
  return facts;
}

Result<std::vector<KeptFile>> ListRunFiles(Store& store, const std::string& id) {
  TW_TRY(const auto rows,
         store.database().Query("SELECT f.name, f.sha256, a.bytes FROM run_artifacts f JOIN artifacts a ON "
                                "a.sha256 = f.sha256 WHERE f.run = ? ORDER BY f.name",
                                {id}));
  std::vector<KeptFile> files;
  for (const Row& row : rows) files.push_back({row.Text(0), row.Text(1), std::uint64_t(row.Int(2))});
  return files;
}

Result<Json> ListTrials(Store& store, const std::string& id, std::int64_t skip, std::int64_t limit) {
  static const std::vector<std::string> kColumns = {
      "rank",       "trial",  "title",           "learner",           "baseline",
      "parameters", "metric", "score",           "score_low",         "score_high",
      "status",     "folds",  "rows_share",      "fit_seconds",       "baseline_difference",
      "size_bytes", "error",  "ensemble_weight", "predict_us_per_row"};
  TW_TRY(const auto rows, store.database().Query("SELECT " + Join(kColumns, ", ") +
                                                     " FROM trials WHERE run = ? ORDER BY CASE WHEN rank IS NULL "
                                                     "THEN 1 ELSE 0 END, rank, trial LIMIT ? OFFSET ?",
                                                 {id, limit, skip}));
  Json trials = Json::array();
  for (const Row& row : rows) {
    Json trial;
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      const std::string& column = kColumns[i];
      if (column == "title")
        trial["model"] = row.AsJson(i);
      else if (column == "baseline")
        trial[column] = row.Int(i) != 0;
      else if (column == "parameters")
        trial[column] = ParseJson(row.Text(i), column).value_or(Json());
      else
        trial[column] = row.AsJson(i);
    }
    trials.push_back(std::move(trial));
  }
  return trials;
}

Result<RunFacts> FindRun(Store& store, const std::string& typed) {
  const std::string where = typed == "last" ? "WHERE r.status IN ('done', 'gate_failed') ORDER BY r.number DESC LIMIT 1"
                                            : "WHERE r.id = ? OR r.folder = ? ORDER BY r.number DESC LIMIT 1";
  const std::vector<Value> values =
      typed == "last" ? std::vector<Value>() : std::vector<Value>{typed, KeptFolder(store, typed)};
  TW_TRY(const auto row, store.database().QueryOne(kRunColumns + where, values));
  if (!row) return NoSuchRun(store, typed);
  RunFacts facts = RunOf(*row);
  facts.folder = ShownFolder(store, facts.folder);
  return facts;
}

Result<std::string> RunFile(Store& store, const std::string& id, const std::string& name) {
  TW_TRY(const auto row, store.database().QueryOne("SELECT a.path FROM run_artifacts f JOIN artifacts a ON "
                                                   "a.sha256 = f.sha256 WHERE f.run = ? AND f.name = ?",
                                                   {id, name}));
  return row ? store.location().File(row->Text(0)) : std::string();
}

Result<Json> RunSketch(Store& store, const RunFacts& run) {
  Database& database = store.database();
  TW_TRY(const auto facts, database.QueryOne("SELECT command, written_by, seed, threads, budget_seconds, error FROM "
                                             "runs WHERE id = ?",
                                             {run.id}));
  Json document = {{"schema", "tagwerk.run/1"},
                   {"id", run.id},
                   {"name", run.name},
                   {"status", run.status},
                   {"stop_reason", run.stop_reason}};
  if (facts) {
    document["version"] = facts->AsJson(1);
    document["command"] = facts->AsJson(0);
    document["seed"] = facts->AsJson(2);
    document["threads"] = facts->AsJson(3);
    document["budget_seconds"] = facts->AsJson(4);
    const std::string error = facts->Text(5);
    document["error"] = nullptr;
    if (!error.empty())
      if (auto parsed = ParseJson(error, "error")) document["error"] = std::move(*parsed);
  }
  document["started_at"] = run.started_at;
  document["finished_at"] = run.finished_at.empty() ? Json() : Json(run.finished_at);
  document["folder"] = run.folder;
  TW_TRY(const auto trials,
         database.Query("SELECT rank, trial, title, learner, metric, score, status, fit_seconds FROM trials "
                        "WHERE run = ? ORDER BY trial",
                        {run.id}));
  document["leaderboard"] = Json::array();
  static constexpr const char* kNames[] = {"rank",   "trial", "model",  "learner",
                                           "metric", "score", "status", "fit_seconds"};
  for (const Row& row : trials) {
    Json trial;
    for (std::size_t i = 0; i < std::size(kNames); ++i) trial[kNames[i]] = row.AsJson(i);
    document["leaderboard"].push_back(std::move(trial));
  }
  return document;
}

Status DeleteRun(Store& store, const RunFacts& run, const std::string& actor) {
  return store.database().Write([&]() -> Status {
    TW_TRY(const RunFacts now, FindRun(store, run.id));
    if (now.status == "running")
      return Error(Code::kFailedPrecondition, "run-active", "run is still going on: " + Quoted(run.id))
          .In(store.location().path)
          .ExitCode(2)
          .Do("end it with Ctrl-C first");
    TW_RETURN_IF_ERROR(store.database().Change("DELETE FROM runs WHERE id = ?", {run.id}));
    return store.Audit(actor, "run.delete", run.id, {{"folder", run.folder}});
  });
}

}  // namespace tagwerk::store
