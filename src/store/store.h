// The store: one database and the files beside it. Opened by every verb that remembers or asks; several processes
// may use it at once.
//
//   TW_TRY(auto store, Store::Open({"/home/me/flights/.tagwerk/store.db"}, Access::kWrite));
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/database.h"

namespace tagwerk::store {

/// Where a store lies.
struct Location {
  std::string path;                               ///< of the database, absolute
  std::string Folder() const;                     ///< of the database and the files beside it
  std::string File(std::string_view name) const;  ///< a path inside that folder
};

class Store {
 public:
  /// Opens a store. For writing it is made, or lifted to this program's schema, where needed; for reading an absent
  /// one is empty. Errors: store-newer, store-older (3), those of Database.
  static Result<std::unique_ptr<Store>> Open(const Location& location, Access access);

  Database& database() { return *database_; }
  const Location& location() const { return location_; }
  /// Whether there is a file: false for the empty store of a reader.
  bool exists() const { return exists_; }
  int schema_version() const { return schema_version_; }

  /// Gives the next number of a sequence; inside Write only.
  Result<std::int64_t> Next(const std::string& counter);
  /// Returns the number given last, 0 if none was.
  Result<std::int64_t> Last(const std::string& counter);
  /// Adds a line to the audit log; part of the transaction that it is called in.
  Status Audit(const std::string& actor, const std::string& action, const std::string& object, const Json& detail);

 private:
  Store(Location location, std::unique_ptr<Database> database, bool exists)
      : location_(std::move(location)), database_(std::move(database)), exists_(exists) {}

  Location location_;
  std::unique_ptr<Database> database_;
  bool exists_;
  int schema_version_ = 0;
};

/// The user of this machine, for the audit log.
std::string MachineUser();

/// The schema version of an open database: 0 for an empty one. Error store-damaged if it is no store.
Result<int> SchemaVersion(Database& database);
/// Applies the steps that a database lacks, as one transaction, up to `version` (0: all). Error store-newer.
Status LiftSchema(Database& database, int version = 0);

}  // namespace tagwerk::store
