#include "base/files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"

namespace tagwerk {

namespace fs = std::filesystem;

namespace {

Error Unreadable(const std::string& path, int error_number) {
  return Error(Code::kInvalidData, "file-unreadable",
               "file cannot be read: " + std::string(std::strerror(error_number)))
      .In(path)
      .Do("check the permissions of the file");
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<struct stat> StatRegular(const std::string& path, int fd) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return Unreadable(path, errno);
  if (S_ISDIR(info.st_mode))
    return Error(Code::kInvalidData, "file-unreadable", "path is a folder, a file is needed").In(path);
  return info;
}

Status WriteAll(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return WriteFailed(path, errno);
    bytes.remove_prefix(std::size_t(n));
  }
  return Ok();
}

void SyncFolder(const fs::path& folder) {
  const Descriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

}  // namespace

Error FileNotFound(const std::string& path) {
  const fs::path wanted(path);
  const fs::path folder = wanted.has_parent_path() ? wanted.parent_path() : fs::path(".");
  std::vector<std::string> names;
  std::error_code failure;
  if (fs::is_directory(folder, failure))
    for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure))
      if (names.size() < 10000) names.push_back(it->path().filename().string());
  Error error(Code::kNotFound, "file-not-found", "file does not exist: " + Quoted(path));
  error.In(folder.string() == "." ? "this folder" : folder.string());
  const auto similar = SimilarNames(wanted.filename().string(), names);
  if (!similar.empty()) error.Similar(similar);
  return error;
}

Error WriteFailed(const std::string& path, int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG)
    return Error(Code::kResourceExhausted, "disk-full", "no space left while writing")
        .In(path)
        .Do("free space, or write to another disk");
  return Error(Code::kResourceExhausted, "not-writable", "cannot write: " + std::string(std::strerror(error_number)))
      .In(path)
      .Do("choose a folder that can be written to");
}

Result<std::string> ReadFile(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return errno == ENOENT ? FileNotFound(path) : Unreadable(path, errno);
  TW_TRY(const struct stat info, StatRegular(path, fd.get()));
  std::string bytes;
  bytes.reserve(std::size_t(std::max<off_t>(info.st_size, 0)));
  std::string block(1 << 16, '\0');
  while (true) {
    const ssize_t n = ::read(fd.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unreadable(path, errno);
    if (n == 0) return bytes;
    bytes.append(block.data(), std::size_t(n));
  }
}

Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  const fs::path target(path);
  const fs::path temporary =
      target.parent_path() / ("." + target.filename().string() + ".tmp-" + std::to_string(::getpid()));
  const auto write = [&]() -> Status {
    const Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.get() < 0) return WriteFailed(path, errno);
    TW_RETURN_IF_ERROR(WriteAll(fd.get(), path, bytes));
    if (::fsync(fd.get()) != 0 && errno != EINVAL) return WriteFailed(path, errno);
    return Ok();
  };
  Status status = write();
  if (status && ::rename(temporary.c_str(), path.c_str()) != 0) status = WriteFailed(path, errno);
  if (!status) {
    ::unlink(temporary.c_str());
    return status;
  }
  SyncFolder(target.parent_path());
  return Ok();
}

Status MakeFolders(const std::string& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure) return WriteFailed(path, failure.value());
  return Ok();
}

void SweepTemporaries(const std::string& folder) {
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    const std::string name = it->path().filename().string();
    const auto mark = name.rfind(".tmp-");
    if (name.empty() || name[0] != '.' || mark == std::string::npos) continue;
    const auto pid = ParseDouble(name.substr(mark + 5));
    if (!pid || *pid < 1 || *pid > 1e9) continue;
    const auto process = pid_t(*pid);
    if (process == ::getpid() || ::kill(process, 0) == 0 || errno != ESRCH) continue;
    std::error_code ignored;
    fs::remove(it->path(), ignored);
  }
}

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return errno == ENOENT ? FileNotFound(path) : Unreadable(path, errno);
  return OfDescriptor(fd.get(), path);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::OfDescriptor(int descriptor, const std::string& path) {
  TW_TRY(const struct stat info, StatRegular(path, descriptor));
  const auto size = std::size_t(info.st_size);
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(nullptr, 0));
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) return Unreadable(path, errno);
  return std::shared_ptr<const MappedFile>(new MappedFile(static_cast<const char*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

}  // namespace tagwerk
