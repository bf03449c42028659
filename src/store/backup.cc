#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/artifacts.h"
#include "store/upkeep.h"

namespace tagwerk::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPart = 32 << 20;  // bytes of a file in one row of a backup

struct KeptPath {
  std::string path, sha256;  ///< sha256 may be empty: not known
  std::uint64_t bytes = 0;
};

/// Every file that the database names.
Result<std::vector<KeptPath>> NamedFiles(Database& database) {
  TW_TRY(const auto rows, database.Query("SELECT path, sha256, bytes FROM artifacts UNION ALL "
                                         "SELECT path, sha256, bytes FROM prediction_segments ORDER BY path"));
  std::vector<KeptPath> files;
  for (const Row& row : rows) files.push_back({row.Text(0), row.Text(1), std::uint64_t(row.Int(2))});
  return files;
}

Status PackFile(Database& backup, const std::string& name, std::string_view bytes) {
  std::int64_t part = 0;
  std::size_t at = 0;
  do {
    const std::string_view piece = bytes.substr(at, kPart);
    TW_RETURN_IF_ERROR(backup.Change("INSERT INTO backup_files (path, part, content, sha256) VALUES (?, ?, ?, ?)",
                                     {name, part++, std::string(piece), Sha256Hex(piece)}));
    at += piece.size();
  } while (at < bytes.size());
  return Ok();
}

Error Damaged(const std::string& path, const std::string& why) {
  return Error(Code::kInvalidData, "backup-damaged", "the backup cannot be used: " + why)
      .In(path)
      .Do("take another backup; nothing was changed");
}

/// A number over the content of every table but that of the files: SQLite itself does not notice a changed letter.
Result<std::string> DigestOf(Database& database) {
  TW_TRY(const auto tables, database.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                                           "'sqlite_%' AND name <> 'backup_files' ORDER BY name"));
  TW_TRY(const auto definitions,
         database.Query("SELECT sql FROM sqlite_master WHERE tbl_name <> 'backup_files' AND sql "
                        "IS NOT NULL ORDER BY sql"));
  std::uint64_t digest = 0;
  for (const Row& row : definitions) digest = HashBytes(row.Text(0), digest + 1);
  for (const Row& table : tables) {
    TW_TRY(const auto rows, database.Query("SELECT * FROM " + table.Text(0) + " ORDER BY 1, 2"));
    for (const Row& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i) digest = HashBytes(DumpJson(row.AsJson(i)), digest + 1);
  }
  return std::to_string(digest);
}

/// A path of a backup must stay inside the store's folder.
bool StaysInside(const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute()) return false;
  for (const fs::path& part : path)
    if (part == ".." || part == ".") return false;
  const std::string first = path.begin()->string();
  return first == "models" || first == "runs" || first == "predictions" || first == "data" || first == "quarantine";
}

Status UnpackFiles(const Store& store, Database& backup, const std::string& path, Json& done) {
  TW_TRY(const auto names,
         backup.Query("SELECT path, max(part) FROM backup_files WHERE path <> '' GROUP BY path ORDER BY path"));
  std::uint64_t bytes = 0;
  for (const Row& row : names) {
    const std::string name = row.Text(0);
    if (!StaysInside(name)) return Damaged(path, "it holds a file outside of the store: " + Quoted(name));
    std::string content;
    for (std::int64_t part = 0; part <= row.Int(1); ++part) {
      TW_TRY(const auto piece,
             backup.QueryOne("SELECT content, sha256 FROM backup_files WHERE path = ? AND part = ?", {name, part}));
      if (!piece || Sha256Hex(piece->Text(0)) != piece->Text(1)) return Damaged(path, Quoted(name) + " is damaged");
      content += piece->Text(0);
    }
    const std::string target = store.location().File(name);
    TW_RETURN_IF_ERROR(MakeFolders(fs::path(target).parent_path().string()));
    TW_RETURN_IF_ERROR(WriteFileAtomically(target, content));
    bytes += content.size();
  }
  done["files"] = names.size();
  done["bytes"] = bytes;
  return Ok();
}

/// A private copy of the backup, so that it can be changed before it becomes the store.
Result<std::unique_ptr<Database>> CopyOf(const std::string& path, const std::string& copy) {
  std::error_code failure;
  fs::copy_file(path, copy, fs::copy_options::overwrite_existing, failure);
  if (failure) return WriteFailed(copy, failure.value());
  fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write, failure);
  auto database = Database::Open(copy, Access::kWrite);
  if (!database) return Damaged(path, "it is no backup of a store");
  const auto whole = (*database)->QueryOne("PRAGMA integrity_check(1)");
  if (!whole || !*whole || (*whole)->Text(0) != "ok") return Damaged(path, "its pages are damaged");
  const auto ours =
      (*database)->QueryOne("SELECT count(*) FROM sqlite_master WHERE name IN ('migrations', 'backup_files')");
  if (!ours || (*ours)->Int(0) != 2) return Damaged(path, "it is no backup of a store");
  return database;
}

void RemoveDatabase(const std::string& path) {
  for (const char* end : {"", "-wal", "-shm", "-journal"}) ::unlink((path + end).c_str());
}

}  // namespace

Result<Json> BackUp(Store& store, const std::string& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored))
    return Error(Code::kAlreadyExists, "backup-exists", "a file of this name exists: " + Quoted(path))
        .Do("name another file");
  const FilesGuard guard(store, FilesGuard::Kind::kAdding);  // no file goes away meanwhile
  const std::string temporary =
      (fs::path(path).parent_path() / ("." + fs::path(path).filename().string() + ".tmp-" + std::to_string(::getpid())))
          .string();
  RemoveDatabase(temporary);
  Json done = {{"schema", "tagwerk.store/1"}, {"backup", path}};
  const auto make = [&]() -> Status {
    // The file is its owner's alone from the start: VACUUM takes an empty one as it is.
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return WriteFailed(path, errno);
    ::close(fd);
    TW_RETURN_IF_ERROR(store.database().Change("VACUUM INTO ?", {temporary}));
    TW_TRY(const auto backup, Database::Open(temporary, Access::kWrite));
    TW_RETURN_IF_ERROR(
        backup->Script("CREATE TABLE backup_files (path TEXT NOT NULL, part BIGINT NOT NULL, content "
                       "BLOB NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (path, part))"));
    TW_TRY(const std::string digest, DigestOf(*backup));
    TW_RETURN_IF_ERROR(
        backup->Change("INSERT INTO backup_files (path, part, content, sha256) VALUES ('', 0, '', ?)", {digest}));
    TW_TRY(const auto files, NamedFiles(*backup));
    std::uint64_t bytes = 0;
    for (const KeptPath& file : files) {
      TW_TRY(const auto map, MappedFile::Open(store.location().File(file.path)));
      if (!file.sha256.empty() && Sha256Hex(map->bytes()) != file.sha256)
        return Error(Code::kInvalidData, "store-damaged", "a file of the store is damaged: " + Quoted(file.path))
            .In(store.location().Folder())
            .Do("tagwerk store check");
      TW_RETURN_IF_ERROR(PackFile(*backup, file.path, map->bytes()));
      bytes += map->bytes().size();
    }
    done["files"] = files.size();
    done["bytes"] = bytes;
    return Ok();
  };
  const Status made = make();
  if (made && ::rename(temporary.c_str(), path.c_str()) == 0) return done;
  const int why = errno;
  RemoveDatabase(temporary);
  if (!made) return made.error();
  return WriteFailed(path, why);
}

Result<Json> Restore(const Location& location, const std::string& path, const std::string& actor) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return FileNotFound(path);
  TW_RETURN_IF_ERROR(MakeFolders(location.Folder()));
  const std::string copy = location.File(".restore.tmp-" + std::to_string(::getpid()));
  Json done = {{"schema", "tagwerk.store/1"}, {"restored", path}};
  const auto restore = [&]() -> Status {
    TW_TRY(const auto backup, CopyOf(path, copy));
    TW_TRY(const auto store, Store::Open(location, Access::kWrite));
    const FilesGuard guard(*store, FilesGuard::Kind::kAdding);
    TW_TRY(const std::string digest, DigestOf(*backup));
    TW_TRY(const auto told, backup->QueryOne("SELECT sha256 FROM backup_files WHERE path = ''"));
    if (!told || told->Text(0) != digest) return Damaged(path, "its tables are damaged");
    TW_RETURN_IF_ERROR(UnpackFiles(*store, *backup, path, done));
    TW_TRY(const auto named, NamedFiles(*backup));
    TW_RETURN_IF_ERROR(backup->Script("DROP TABLE backup_files"));
    TW_RETURN_IF_ERROR(LiftSchema(*backup));
    for (const KeptPath& file : named)
      if (!fs::exists(location.File(file.path), ignored)) return Damaged(path, "it lacks " + Quoted(file.path));
    // A server must notice: the number may not go back.
    TW_TRY(const std::int64_t seen, store->Last("registry"));
    TW_RETURN_IF_ERROR(
        backup->Change("INSERT INTO counters (name, value) VALUES ('registry', ?) ON CONFLICT (name) DO "
                       "UPDATE SET value = max(counters.value, excluded.value) + 1",
                       {seen + 1}));
    TW_RETURN_IF_ERROR(store->database().ReplaceBy(*backup));
    return store->Audit(actor, "store.restore", path, nullptr);
  };
  const Status status = restore();
  RemoveDatabase(copy);
  if (!status) return status.error();
  return done;
}

}  // namespace tagwerk::store
