#include "store/store.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/migrations.h"
#include "store/secret.h"

namespace tagwerk::store {

namespace fs = std::filesystem;

namespace {

int NewestSchema() { return Migrations().back().version; }

Error Newer(const Database& database, int version) {
  return Error(Code::kInvalidData, "store-newer",
               "schema " + std::to_string(version) +
                   " of the store is newer than this program knows: " + std::to_string(NewestSchema()))
      .In(database.path())
      .Do("update tagwerk, or name another store with --store");
}

Error CannotMake(const std::string& path, int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG) return WriteFailed(path, ENOSPC);
  return Error(Code::kResourceExhausted, "store-not-writable",
               "the store cannot be made: " + std::system_category().message(error_number))
      .In(path)
      .Do("check the permissions of the folder, or name another with --store");
}

/// Makes an empty file that only its owner may read.
Status MakePrivateFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return CannotMake(path, errno);
  ::close(fd);
  return Ok();
}

Status SyncFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return CannotMake(path, errno);
  const int why = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (why != 0) return CannotMake(path, why);
  return Ok();
}

/// Writes an empty store that nobody else sees yet: the disk is waited for once, when it is whole.
Status WriteEmptyStore(const std::string& path) {
  TW_RETURN_IF_ERROR(MakePrivateFile(path));
  {
    TW_TRY(const auto database, Database::Open(path, Access::kWrite));
    TW_RETURN_IF_ERROR(database->Script("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY"));
    TW_RETURN_IF_ERROR(LiftSchema(*database));
    TW_RETURN_IF_ERROR(database->Script("PRAGMA journal_mode = WAL"));
  }
  return SyncFile(path);
}

/// Makes a whole store under another name and gives it its own at the end: whoever comes in between sees none.
Status MakeStore(const Location& location) {
  TW_RETURN_IF_ERROR(MakeFolders(location.Folder()));
  SweepTemporaries(location.Folder());
  const std::string temporary =
      location.File("." + fs::path(location.path).filename().string() + ".tmp-" + std::to_string(::getpid()));
  Status status = WriteEmptyStore(temporary);
  if (status && ::link(temporary.c_str(), location.path.c_str()) != 0 && errno != EEXIST) {
    const int why = errno;
    // A file system without links: two first users at the same moment are not kept apart there.
    if (why != EPERM && why != EOPNOTSUPP && why != ENOSYS)
      status = CannotMake(location.path, why);
    else if (!fs::exists(location.path) && ::rename(temporary.c_str(), location.path.c_str()) != 0)
      status = CannotMake(location.path, errno);
  }
  for (const char* end : {"", "-wal", "-shm"}) ::unlink((temporary + end).c_str());
  return status;
}

}  // namespace

std::string Location::Folder() const {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string Location::File(std::string_view name) const { return (fs::path(Folder()) / name).string(); }

std::string MachineUser() {
  const struct passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? std::to_string(::geteuid()) : entry->pw_name;
}

Result<int> SchemaVersion(Database& database) {
  TW_TRY(const auto any, database.QueryOne("SELECT count(*) FROM sqlite_master"));
  if (any->Int(0) == 0) return 0;
  TW_TRY(const auto ours, database.QueryOne("SELECT count(*) FROM sqlite_master WHERE name = 'migrations'"));
  if (ours->Int(0) == 0)
    return Error(Code::kInvalidData, "store-damaged", "the file is a database, but no store of Tagwerk")
        .In(database.path())
        .Do("name another file with --store");
  TW_TRY(const auto row, database.QueryOne("SELECT max(version) FROM migrations"));
  return int(row->Int(0));
}

Status LiftSchema(Database& database, int version) {
  if (version == 0) version = NewestSchema();
  return database.Write([&]() -> Status {
    TW_TRY(const int from, SchemaVersion(database));
    if (from > NewestSchema()) return Newer(database, from);
    const std::string now = UtcTime(UnixNow());
    for (const Migration& step : Migrations()) {
      if (step.version <= from || step.version > version) continue;
      TW_RETURN_IF_ERROR(database.Script(std::string(step.sql)));
      TW_RETURN_IF_ERROR(
          database.Change("INSERT INTO migrations (version, name, sha256, applied_at) VALUES (?, ?, ?, ?)",
                          {std::int64_t(step.version), std::string(step.name), Sha256Hex(step.sql), now}));
    }
    if (from > 0) return Ok();
    TW_RETURN_IF_ERROR(database.Change("INSERT INTO facts (name, value) VALUES ('created_at', ?)", {now}));
    TW_RETURN_IF_ERROR(database.Change("INSERT INTO facts (name, value) VALUES ('id', ?)", {RandomHex(16)}));
    return Ok();
  });
}

Result<std::unique_ptr<Store>> Store::Open(const Location& location, Access access) {
  std::error_code ignored;
  const bool exists = fs::exists(location.path, ignored);
  if (!exists && access == Access::kRead) {
    TW_TRY(auto empty, Database::InMemory());
    TW_RETURN_IF_ERROR(LiftSchema(*empty));
    return std::unique_ptr<Store>(new Store(location, std::move(empty), false));
  }
  if (!exists) TW_RETURN_IF_ERROR(MakeStore(location));
  TW_TRY(auto database, Database::Open(location.path, access));
  auto store = std::unique_ptr<Store>(new Store(location, std::move(database), true));
  TW_TRY(store->schema_version_, SchemaVersion(store->database()));
  if (store->schema_version_ > NewestSchema()) return Newer(store->database(), store->schema_version_);
  if (store->schema_version_ == NewestSchema()) return store;
  if (access == Access::kRead)
    return Error(Code::kInvalidData, "store-older",
                 "schema " + std::to_string(store->schema_version_) + " of the store is older than this program's")
        .In(location.path)
        .Do("tagwerk store migrate");
  if (store->schema_version_ == 0) TW_RETURN_IF_ERROR(store->database().Script("PRAGMA journal_mode = WAL"));
  TW_RETURN_IF_ERROR(LiftSchema(store->database()));
  store->schema_version_ = NewestSchema();
  return store;
}

Result<std::int64_t> Store::Next(const std::string& counter) {
  TW_TRY(const auto row, database_->QueryOne("INSERT INTO counters (name, value) VALUES (?, 1) "
                                             "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 "
                                             "RETURNING value",
                                             {counter}));
  return row->Int(0);
}

Result<std::int64_t> Store::Last(const std::string& counter) {
  TW_TRY(const auto row, database_->QueryOne("SELECT value FROM counters WHERE name = ?", {counter}));
  return row ? row->Int(0) : 0;
}

Status Store::Audit(const std::string& actor, const std::string& action, const std::string& object,
                    const Json& detail) {
  return database_->Write([&]() -> Status {
    TW_TRY(const std::int64_t number, Next("audit"));
    TW_RETURN_IF_ERROR(database_->Change(
        "INSERT INTO audit_log (number, at, actor, action, object, detail) VALUES (?, ?, ?, ?, ?, ?)",
        {number, UtcTime(UnixNow()), actor, action, object, detail.is_null() ? Value() : Value(DumpJson(detail))}));
    return Ok();
  });
}

}  // namespace tagwerk::store
