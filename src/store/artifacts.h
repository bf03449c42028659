// Files that the store keeps beside its database, named by the SHA-256 of their content: written whole before a
// transaction names them, removed by `gc` only when none does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace tagwerk::store {

struct Artifact {
  std::string sha256, path;  ///< path relative to the store's folder
  std::uint64_t bytes = 0;
};

/// Held while files are written that no transaction names yet: `gc` waits for all of these. Ends with the process.
class FilesGuard {
 public:
  enum class Kind : std::uint8_t { kAdding, kRemoving };
  FilesGuard(const Store& store, Kind kind);
  ~FilesGuard();
  FilesGuard(const FilesGuard&) = delete;
  FilesGuard& operator=(const FilesGuard&) = delete;

 private:
  int fd_ = -1;
};

/// Writes content to `<kind>/<sha256><extension>`; kind is models or runs. `sha256`: of the content, where it is known.
/// Errors: disk-full, not-writable.
Result<Artifact> KeepBytes(const Store& store, const std::string& kind, const std::string& extension,
                           std::string_view bytes, const std::string& sha256 = "");
/// The same with the content and the extension of a file.
Result<Artifact> KeepFile(const Store& store, const std::string& kind, const std::string& path,
                          const std::string& sha256 = "");
/// Names a kept file in the database; part of the transaction that it is called in.
Status NameArtifact(Store& store, const Artifact& artifact);

/// What is wrong with a named file: "" if nothing.
std::string ArtifactFault(const Store& store, const Artifact& artifact);
Result<std::vector<Artifact>> AllArtifacts(Store& store);

}  // namespace tagwerk::store
