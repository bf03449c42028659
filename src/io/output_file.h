// A file that appears only when it is complete: bytes go to a temporary, Commit syncs and renames.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tagwerk::io {

/// Returns `.<name>.tmp-<pid>` in the folder of the path.
std::string TemporaryName(const std::string& path);
/// Writes all bytes; returns 0 or errno.
int WriteAll(int descriptor, std::string_view bytes);

class OutputFile {
 public:
  /// Opens the temporary; "-" is standard output, which is written directly.
  static Result<OutputFile> Open(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Status Write(std::string_view bytes);
  Status Commit();
  int descriptor() const { return descriptor_; }
  const std::string& path() const { return path_; }
  /// Returns whether the reader of a pipe has gone; further bytes are dropped without an error.
  bool reader_gone() const { return reader_gone_; }

 private:
  OutputFile(std::string path, std::string temporary, int descriptor)
      : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}
  std::string path_, temporary_;
  int descriptor_ = -1;
  bool reader_gone_ = false;
};

}  // namespace tagwerk::io
