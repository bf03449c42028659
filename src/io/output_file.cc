// Temporary + fsync + rename, with the error of the system turned into disk-full or not-writable.
#include "io/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/files.h"

namespace tagwerk::io {

std::string TemporaryName(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return folder + "." + name + ".tmp-" + std::to_string(::getpid());
}

int WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 30));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    bytes.remove_prefix(std::size_t(wrote));
  }
  return 0;
}

Result<OutputFile> OutputFile::Open(const std::string& path) {
  if (path == "-") return OutputFile(path, "", STDOUT_FILENO);
  std::string temporary = TemporaryName(path);
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return WriteFailed(path, errno);
  return OutputFile(path, std::move(temporary), descriptor);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      reader_gone_(other.reader_gone_) {}

OutputFile::~OutputFile() {
  if (descriptor_ < 0 || temporary_.empty()) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

Status OutputFile::Write(std::string_view bytes) {
  if (reader_gone_) return Ok();
  const int code = WriteAll(descriptor_, bytes);
  if (code == EPIPE && temporary_.empty()) {
    reader_gone_ = true;
    return Ok();
  }
  if (code != 0) return WriteFailed(path_, code);
  return Ok();
}

Status OutputFile::Commit() {
  if (temporary_.empty()) return Ok();
  if (::fsync(descriptor_) != 0) return WriteFailed(path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return WriteFailed(path_, errno);
  ::close(descriptor_);
  descriptor_ = -1;
  return Ok();
}

}  // namespace tagwerk::io
