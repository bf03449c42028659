#include "store/artifacts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace tagwerk::store {

namespace fs = std::filesystem;

FilesGuard::FilesGuard(const Store& store, Kind kind) {
  fd_ = ::open(store.location().File(".files.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ >= 0) ::flock(fd_, kind == Kind::kAdding ? LOCK_SH : LOCK_EX);
}

FilesGuard::~FilesGuard() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Artifact> KeepBytes(const Store& store, const std::string& kind, const std::string& extension,
                           std::string_view bytes, const std::string& sha256) {
  Artifact artifact;
  artifact.sha256 = sha256.empty() ? Sha256Hex(bytes) : sha256;
  artifact.path = kind + "/" + artifact.sha256 + extension;
  artifact.bytes = bytes.size();
  const std::string path = store.location().File(artifact.path);
  std::error_code ignored;
  if (fs::exists(path, ignored) && ArtifactFault(store, artifact).empty()) return artifact;
  TW_RETURN_IF_ERROR(MakeFolders(store.location().File(kind)));
  TW_RETURN_IF_ERROR(WriteFileAtomically(path, bytes));
  return artifact;
}

Result<Artifact> KeepFile(const Store& store, const std::string& kind, const std::string& path,
                          const std::string& sha256) {
  TW_TRY(const auto map, MappedFile::Open(path));
  return KeepBytes(store, kind, fs::path(path).extension().string(), map->bytes(), sha256);
}

Status NameArtifact(Store& store, const Artifact& artifact) {
  return store.database().Write([&]() -> Status {
    TW_RETURN_IF_ERROR(store.database().Change(
        "INSERT INTO artifacts (sha256, path, bytes, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        {artifact.sha256, artifact.path, std::int64_t(artifact.bytes), UtcTime(UnixNow())}));
    return Ok();
  });
}

std::string ArtifactFault(const Store& store, const Artifact& artifact) {
  const std::string path = store.location().File(artifact.path);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return "missing";
  const auto map = MappedFile::Open(path);
  if (!map) return "unreadable";
  if ((*map)->bytes().size() != artifact.bytes) return "wrong size";
  return Sha256Hex((*map)->bytes()) == artifact.sha256 ? "" : "wrong content";
}

Result<std::vector<Artifact>> AllArtifacts(Store& store) {
  TW_TRY(const auto rows, store.database().Query("SELECT sha256, path, bytes FROM artifacts ORDER BY path"));
  std::vector<Artifact> artifacts;
  for (const Row& row : rows) artifacts.push_back({row.Text(0), row.Text(1), std::uint64_t(row.Int(2))});
  return artifacts;
}

}  // namespace tagwerk::store
