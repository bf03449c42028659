#include "io/spool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/scratch.h"
#include "base/text.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kInMemory = 64 << 20;
constexpr std::size_t kWrite = 1 << 20;
constexpr std::uint64_t kCheckEvery = 64 << 20;

}  // namespace

Spool::Spool(const Context& context, std::string path, std::uint64_t cap)
    : context_(context), path_(std::move(path)), cap_(cap), in_memory_(kInMemory) {
  if (context.memory_limit > 0) {
    in_memory_ = std::size_t(std::clamp<std::uint64_t>(context.memory_limit / 16, kWrite, kInMemory));
  }
}

Spool::~Spool() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status Spool::Append(std::string_view piece) {
  if (context_.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted").In(path_);
  if (piece.size() > cap_ - size_) {
    return Error(Code::kResourceExhausted, "memory-limit", "data unpacks to more than the limit: " + Bytes(cap_))
        .In(path_)
        .Do("--memory with a larger limit")
        .Do("unpack it, or convert the table to Parquet");
  }
  pending_.append(piece);
  size_ += piece.size();
  return pending_.size() > (descriptor_ < 0 ? in_memory_ : kWrite) ? Flush() : Ok();
}

Status Spool::CheckRoom() const {
  if (HasRoom(descriptor_, kCheckEvery)) return Ok();
  return Error(Code::kResourceExhausted, "disk-full", "no space left for data that is read from a pipe or unpacked")
      .In(folder_, "temporary file of " + path_)
      .Do("TMPDIR=FOLDER on a larger disk");
}

Status Spool::Flush() {
  if (descriptor_ < 0) {
    TW_TRY(descriptor_, OpenTemporary(folder_));
    TW_RETURN_IF_ERROR(CheckRoom());
  }
  if (size_ - checked_ > kCheckEvery) {
    TW_RETURN_IF_ERROR(CheckRoom());
    checked_ = size_;
  }
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const ssize_t put = ::write(descriptor_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return WriteFailed(folder_, errno);
    rest.remove_prefix(std::size_t(put));
  }
  if (pending_.capacity() > 4 * kWrite) {
    std::string().swap(pending_);
  } else {
    pending_.clear();
  }
  return Ok();
}

Status Spool::MoveTo(Input& input) {
  if (descriptor_ < 0) {
    input.Hold(std::move(pending_));
  } else {
    TW_RETURN_IF_ERROR(Flush());
    TW_TRY(auto map, MappedFile::OfDescriptor(descriptor_, path_));
    input.Hold(std::move(map));
    ::close(descriptor_);
    descriptor_ = -1;
  }
  pending_.clear();
  size_ = checked_ = 0;
  return Ok();
}

}  // namespace tagwerk::io
