#include "base/scratch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/files.h"

namespace tagwerk {

namespace {

constexpr std::uint64_t kLeaveFree = 256 << 20;

int OpenNameless(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
  std::string name = folder + "/tagwerk-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

std::vector<std::string> TemporaryFolders() {
  std::vector<std::string> folders;
  for (const char* variable : {"TAGWERK_TMPDIR", "TMPDIR"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') folders.emplace_back(value);
  }
  folders.emplace_back("/var/tmp");
  folders.emplace_back("/tmp");
  return folders;
}

Result<int> OpenTemporary(std::string& folder) {
  for (const std::string& each : TemporaryFolders()) {
    folder = each;
    const int descriptor = OpenNameless(each);
    if (descriptor >= 0) return descriptor;
  }
  return WriteFailed(folder, errno);
}

bool HasRoom(int descriptor, std::uint64_t bytes) {
  struct statvfs facts;
  if (::fstatvfs(descriptor, &facts) != 0) return true;
  return std::uint64_t(facts.f_bavail) * facts.f_frsize > kLeaveFree + bytes;
}

// Blocks are asked for at once: a disk that fills up later would kill the process at its next write to the map.
Result<ScratchBytes> ScratchBytes::InFile(std::size_t size) {
  std::string folder;
  TW_TRY(const int descriptor, OpenTemporary(folder));
  int failed = HasRoom(descriptor, size) ? ::posix_fallocate(descriptor, 0, off_t(size)) : ENOSPC;
  void* at = MAP_FAILED;
  if (failed == 0) {
    at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    failed = at == MAP_FAILED ? errno : 0;
  }
  ::close(descriptor);
  if (failed != 0) return WriteFailed(folder, failed);
  ScratchBytes made;
  made.data_ = static_cast<std::uint8_t*>(at);
  made.size_ = size;
  made.mapped_ = true;
  return made;
}

ScratchBytes& ScratchBytes::operator=(ScratchBytes&& other) noexcept {
  if (this == &other) return *this;
  Drop();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  mapped_ = std::exchange(other.mapped_, false);
  held_ = std::move(other.held_);
  return *this;
}

void ScratchBytes::Drop() {
  if (mapped_) ::munmap(data_, size_);
  mapped_ = false;
}

}  // namespace tagwerk
