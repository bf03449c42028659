#include "store/upkeep.h"

#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "store/artifacts.h"
#include "store/process.h"

namespace tagwerk::store {

namespace fs = std::filesystem;

namespace {

Json Problem(const std::string& kind, const std::string& what, const std::string& remedy) {
  return {{"kind", kind}, {"what", what}, {"do", remedy}};
}

Result<std::vector<std::string>> TableNames(Database& database) {
  TW_TRY(const auto rows, database.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                                         "'sqlite_%' ORDER BY name"));
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row.Text(0));
  return names;
}

/// The statements that made the tables and indices, to compare with those of a fresh store.
Result<std::set<std::string>> Definitions(Database& database) {
  TW_TRY(const auto rows,
         database.Query("SELECT type || ' ' || name || ': ' || sql FROM sqlite_master WHERE sql IS NOT "
                        "NULL AND name NOT LIKE 'sqlite_%'"));
  std::set<std::string> definitions;
  for (const Row& row : rows) definitions.insert(row.Text(0));
  return definitions;
}

Status CheckPages(Database& database, Json& problems) {
  TW_TRY(const auto pages, database.Query("PRAGMA integrity_check(20)"));
  for (const Row& row : pages)
    if (row.Text(0) != "ok")
      problems.push_back(Problem("pages", Printable(row.Text(0), 200), "tagwerk store restore FILE"));
  TW_TRY(const auto references, database.Query("PRAGMA foreign_key_check"));
  for (const Row& row : references)
    problems.push_back(Problem("reference", "a row of " + row.Text(0) + " names a row that is absent in " + row.Text(2),
                               "tagwerk store restore FILE"));
  return Ok();
}

Status CheckSchema(Database& database, Json& problems) {
  TW_TRY(const auto fresh, Database::InMemory());
  TW_RETURN_IF_ERROR(LiftSchema(*fresh));
  TW_TRY(const auto wanted, Definitions(*fresh));
  TW_TRY(const auto found, Definitions(database));
  for (const std::string& definition : wanted)
    if (!found.contains(definition))
      problems.push_back(Problem("schema", "absent or changed: " + definition.substr(0, definition.find(':')),
                                 "tagwerk store restore FILE"));
  return Ok();
}

/// Files of kept kinds that no row names.
Result<std::vector<std::string>> Unnamed(Store& store) {
  TW_TRY(const auto rows, store.database().Query("SELECT path FROM artifacts"));
  std::set<std::string> named;
  for (const Row& row : rows) named.insert(row.Text(0));
  std::vector<std::string> unnamed;
  for (const char* kind : {"models", "runs"}) {
    std::error_code failure;
    for (fs::directory_iterator it(store.location().File(kind), failure), end; !failure && it != end;
         it.increment(failure)) {
      const std::string name = std::string(kind) + "/" + it->path().filename().string();
      if (it->is_regular_file(failure) && !named.contains(name)) unnamed.push_back(name);
    }
  }
  return unnamed;
}

/// Takes the files of old runs off, but for run.json: the figures stay.
Result<std::int64_t> ForgetOldFiles(Store& store, double keep_seconds) {
  const std::string before = UtcTime(UnixNow() - keep_seconds);
  TW_TRY(const auto old, store.database().QueryOne(
                             "SELECT count(DISTINCT f.run) FROM run_artifacts f JOIN runs r ON r.id = f.run WHERE "
                             "r.finished_at < ? AND f.name <> 'run.json'",
                             {before}));
  TW_RETURN_IF_ERROR(
      store.database().Change("DELETE FROM run_artifacts WHERE name <> 'run.json' AND run IN "
                              "(SELECT id FROM runs WHERE finished_at < ?)",
                              {before}));
  return old->Int(0);
}

Result<std::int64_t> MarkInterrupted(Store& store) {
  TW_TRY(const auto running, store.database().Query("SELECT id, process FROM runs WHERE status = 'running'"));
  std::int64_t marked = 0;
  for (const Row& row : running) {
    if (StillRuns(row.Text(1))) continue;
    TW_RETURN_IF_ERROR(
        store.database().Change("UPDATE runs SET status = 'interrupted', process = NULL WHERE id = ?", {row.Text(0)}));
    ++marked;
  }
  return marked;
}

struct Removed {
  std::int64_t files = 0;
  std::uint64_t bytes = 0;
};

Removed RemoveFiles(const Store& store, const std::vector<std::string>& names, bool dry_run) {
  Removed removed;
  for (const std::string& name : names) {
    const std::string path = store.location().File(name);
    std::error_code failure;
    const auto bytes = fs::file_size(path, failure);
    if (!failure) removed.bytes += bytes;
    ++removed.files;
    if (!dry_run) fs::remove(path, failure);
  }
  return removed;
}

}  // namespace

Result<Json> StoreFacts(Store& store) {
  Database& database = store.database();
  const auto fact = [&](const char* name) -> Result<Json> {
    TW_TRY(const auto row, database.QueryOne("SELECT value FROM facts WHERE name = ?", {name}));
    return row && store.exists() ? Json(row->Text(0)) : Json();
  };
  const auto count_and_bytes = [&](const char* table) -> Result<Json> {
    TW_TRY(const auto row, database.QueryOne(std::string("SELECT count(*), coalesce(sum(bytes), 0) FROM ") + table));
    return Json{{"count", row->Int(0)}, {"bytes", row->Int(1)}};
  };
  Json out;
  out["exists"] = store.exists();
  TW_TRY(out["id"], fact("id"));
  TW_TRY(out["created_at"], fact("created_at"));
  out["schema_version"] = store.exists() ? Json(store.schema_version()) : Json();
  std::error_code failure;
  const auto size = fs::file_size(store.location().path, failure);
  out["database_bytes"] = failure ? Json() : Json(size);
  TW_TRY(const auto names, TableNames(database));
  out["tables"] = Json::object();
  for (const std::string& name : names) {
    TW_TRY(const auto rows, database.QueryOne("SELECT count(*) FROM " + name));
    out["tables"][name] = rows->Int(0);
  }
  TW_TRY(out["artifacts"], count_and_bytes("artifacts"));
  TW_TRY(out["predictions"], count_and_bytes("prediction_segments"));
  return out;
}

Result<Json> CheckStore(Store& store) {
  Database& database = store.database();
  Json problems = Json::array(), tables = Json::object();
  TW_RETURN_IF_ERROR(CheckPages(database, problems));
  TW_RETURN_IF_ERROR(CheckSchema(database, problems));
  TW_TRY(const auto names, TableNames(database));
  for (const std::string& name : names) {
    TW_TRY(const auto rows, database.QueryOne("SELECT count(*) FROM " + name));
    tables[name] = rows->Int(0);
  }
  TW_TRY(const auto artifacts, AllArtifacts(store));
  std::uint64_t bytes = 0;
  for (const Artifact& artifact : artifacts) {
    bytes += artifact.bytes;
    if (const std::string fault = ArtifactFault(store, artifact); !fault.empty())
      problems.push_back(Problem("file", artifact.path + ": " + fault, "tagwerk store restore FILE"));
  }
  TW_TRY(const auto segments, database.Query("SELECT path, bytes FROM prediction_segments"));
  for (const Row& row : segments) {
    std::error_code failure;
    const auto size = fs::file_size(store.location().File(row.Text(0)), failure);
    if (failure || size != std::uint64_t(row.Int(1)))
      problems.push_back(
          Problem("file", row.Text(0) + (failure ? ": missing" : ": wrong size"), "tagwerk store restore FILE"));
  }
  TW_TRY(const auto unnamed, Unnamed(store));
  return Json{{"schema", "tagwerk.store/1"},
              {"store", store.location().path},
              {"exists", store.exists()},
              {"schema_version", store.schema_version()},
              {"tables", tables},
              {"artifacts", {{"files", artifacts.size()}, {"bytes", bytes}, {"unnamed", unnamed.size()}}},
              {"problems", problems}};
}

Result<Json> CollectGarbage(Store& store, const Sweep& sweep) {
  const FilesGuard guard(store, FilesGuard::Kind::kRemoving);
  std::int64_t old_runs = 0, interrupted = 0;
  std::vector<std::string> unnamed;
  const auto forget = [&]() -> Status {
    TW_TRY(old_runs, ForgetOldFiles(store, sweep.keep_runs_seconds));
    TW_TRY(interrupted, MarkInterrupted(store));
    TW_RETURN_IF_ERROR(store.database().Change(
        "DELETE FROM artifacts WHERE sha256 NOT IN (SELECT sha256 FROM run_artifacts) AND sha256 NOT IN (SELECT "
        "sha256 FROM versions)"));
    TW_TRY(unnamed, Unnamed(store));
    return Ok();
  };
  TW_RETURN_IF_ERROR(sweep.dry_run ? store.database().Rehearse(forget) : store.database().Write(forget));
  if (!sweep.dry_run) SweepTemporaries(store.location().Folder());
  const Removed removed = RemoveFiles(store, unnamed, sweep.dry_run);
  if (!sweep.dry_run) TW_RETURN_IF_ERROR(store.database().Query("PRAGMA wal_checkpoint(TRUNCATE)"));
  return Json{{"schema", "tagwerk.store/1"},    {"store", store.location().path}, {"removed_files", removed.files},
              {"removed_bytes", removed.bytes}, {"old_runs", old_runs},           {"interrupted_runs", interrupted},
              {"dry_run", sweep.dry_run}};
}

}  // namespace tagwerk::store
