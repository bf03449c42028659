// Runs: that one began, what it found, tried and reached, its files, and the version of its model.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/models.h"
#include "store/store.h"

namespace tagwerk::store {

struct RunStart {
  std::string id, name, project, command, written_by, data_source, folder;
  std::uint64_t seed = 0;
  int threads = 1;
  double budget_seconds = 0, started_unix = 0;
};
/// Notes that a run began, or goes on.
Status BeginRun(Store& store, const RunStart& start);
/// Notes that a run began under the first free id from `start.id` on, and returns that: of runs that begin at the same
/// moment, each has its own.
Result<std::string> BeginNewRun(Store& store, RunStart start);
/// Returns `wanted`, or with -2, -3, ... the first id that no run in another folder has.
Result<std::string> FreeRunId(Store& store, const std::string& wanted, const std::string& folder);
/// Notes that a run ended without a model.
Status EndRun(Store& store, const std::string& id, const std::string& status, const Json& error);

struct SourceFile {
  std::string path;
  std::string sha256;  ///< of its content, from who wrote it; "" = not known
};
struct RunFiles {
  std::map<std::string, SourceFile> files;  ///< by name: copied into the store
  SourceFile model;                         ///< the model file; an empty path = nothing to register
  std::string project;
  bool register_model = true;
};
/// Records a finished run, its files and its model in one transaction. Fills `model.version` and `model.alias` of the
/// document, which is kept as run.json. Recording the same run again replaces what was known of it.
Status RecordRun(Store& store, Json& document, const RunFiles& files, const std::string& actor);

/// Records a run document that came from elsewhere; no model is registered. Returns what was recorded.
Result<Json> ImportRun(Store& store, Json document);

struct RunFacts {
  std::string id, name, status, stop_reason, target, task, metric, started_at, finished_at, folder, data_source;
  double score = 0, low = 0, high = 0, seconds = 0;  ///< NaN: none
  std::int64_t rows = 0, trials = 0, version = 0;
  std::int64_t number = 0;  ///< order in which the store learned of it
};
/// How a run may stand: running, done, gate_failed, interrupted, failed.
const std::vector<std::string>& RunStates();

enum class RunOrder : std::uint8_t { kNewest, kStartedDown, kStartedUp };
struct RunFilter {
  std::string name, status;  ///< "": any
  std::int64_t limit = 20;
  RunOrder order = RunOrder::kNewest;  ///< by number, or by start and then number
  /// Only what comes after this run in an order by start: its started_at and number.
  std::optional<std::pair<std::string, std::int64_t>> after = {};
};
/// Returns runs. A run whose process is gone is `interrupted`.
Result<std::vector<RunFacts>> ListRuns(Store& store, const RunFilter& filter);
/// Finds a run by id, folder or `last` (the newest finished one). Error run-not-found (2).
Result<RunFacts> FindRun(Store& store, const std::string& typed);
/// Finds a run by id, or `last`; nothing outside the store is looked at. Error run-not-found (2).
Result<RunFacts> FindRunById(Store& store, const std::string& id);
/// Returns the path of a kept file of a run, "" if none is kept.
Result<std::string> RunFile(Store& store, const std::string& id, const std::string& name);
struct KeptFile {
  std::string name, sha256;
  std::uint64_t bytes = 0;
};
/// Returns the kept files of a run by name.
Result<std::vector<KeptFile>> ListRunFiles(Store& store, const std::string& id);
/// Returns the trials of a run, the best first, those without a rank last; at most `limit`, after `skip` others.
Result<Json> ListTrials(Store& store, const std::string& id, std::int64_t skip, std::int64_t limit);
/// Returns what the tables know of a run as a document, for runs without a kept run.json.
Result<Json> RunSketch(Store& store, const RunFacts& run);
/// Removes a run and what belongs to it; versions of its model stay. Error run-active (2).
Status DeleteRun(Store& store, const RunFacts& run, const std::string& actor);

}  // namespace tagwerk::store
