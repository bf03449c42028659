// Care of a store: is it whole, a copy in one file and back, away with what nothing needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace tagwerk::store {

/// Looks at every page, reference, table and file. Returns {schema_version, tables, artifacts, problems}.
Result<Json> CheckStore(Store& store);

/// Returns what the store is and how much it holds: {id, created_at, schema_version, database_bytes, tables: rows by
/// table, artifacts, predictions: {count, bytes}}. Names no path.
Result<Json> StoreFacts(Store& store);

/// Writes database and kept files into one file (a SQLite database with a table of files more), while others go on
/// writing. Returns {files, bytes}. Errors: backup-exists (2), disk ones.
Result<Json> BackUp(Store& store, const std::string& path);
/// Replaces a store by a backup, as one transaction: until it is whole, everything stays as it was. Errors:
/// backup-damaged (3), those of Store.
Result<Json> Restore(const Location& location, const std::string& path, const std::string& actor);

struct Sweep {
  double keep_runs_seconds = 365.0 * 86400;  ///< older runs lose their files, never their figures
  bool dry_run = false;
};
/// Removes files that nothing names, files of old runs, and marks runs as interrupted whose process is gone. Versions
/// in the registry keep their files. Returns {removed_files, removed_bytes, old_runs, interrupted_runs, dry_run}: with
/// dry_run, what they would be.
Result<Json> CollectGarbage(Store& store, const Sweep& sweep);

}  // namespace tagwerk::store
