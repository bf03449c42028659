// Files: whole reads, memory maps, and writes that are never half done (temporary + fsync + rename).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tagwerk {

/// Reads a file whole. Errors: file-not-found (with similar names in its folder), file-unreadable.
Result<std::string> ReadFile(const std::string& path);
/// Writes bytes to `.<name>.tmp-<pid>` in the same folder, syncs, renames. Errors: disk-full, not-writable.
Status WriteFileAtomically(const std::string& path, std::string_view bytes);
/// Creates a folder and its parents.
Status MakeFolders(const std::string& path);
/// Removes temporaries of processes that are gone from a folder.
void SweepTemporaries(const std::string& folder);
/// Builds the error for a path that does not exist, with similar names.
Error FileNotFound(const std::string& path);
/// Turns errno of a write into disk-full or not-writable.
Error WriteFailed(const std::string& path, int error_number);

/// A read-only memory map; unmapped on destruction.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  /// Maps an open file; `path` is for errors. The descriptor may be closed afterwards.
  static Result<std::shared_ptr<const MappedFile>> OfDescriptor(int descriptor, const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}
  const char* data_;
  std::size_t size_;
};

}  // namespace tagwerk
