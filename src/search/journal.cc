// Journal: records are appended with one write, and synced once a second; opening reads them back, bounded by
// the file's size, and cuts the file behind the last whole record.
#include "search/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/files.h"
#include "base/hash.h"

namespace tagwerk::search {
namespace {

constexpr std::string_view kHead = "TWJRNL1\n";
constexpr std::uint32_t kMark = 0x4c4a5754;  // "TWJL"
constexpr std::size_t kRecordHead = 16;      // mark, crc, length

void PutNumber(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(char((value >> (8 * i)) & 0xff));
}

std::uint64_t GetNumber(std::string_view bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string Encode(const JournalRecord& record) {
  const std::string body = DumpJson(record.body);
  const std::uint64_t length = 4 + record.type.size() + 8 + body.size() + record.blob.size();
  std::string checked;
  checked.reserve(8 + length);
  PutNumber(checked, length, 8);
  PutNumber(checked, record.type.size(), 4);
  checked += record.type;
  PutNumber(checked, body.size(), 8);
  checked += body;
  checked += record.blob;
  std::string out;
  out.reserve(8 + checked.size());
  PutNumber(out, kMark, 4);
  PutNumber(out, Crc32(checked), 4);
  out += checked;
  return out;
}

/// Reads the record at the start of `bytes`; nothing if it is torn or damaged.
std::optional<JournalRecord> Decode(std::string_view bytes, std::size_t* size) {
  if (bytes.size() < kRecordHead || GetNumber(bytes, 0, 4) != kMark) return std::nullopt;
  const std::uint64_t length = GetNumber(bytes, 8, 8);
  if (length < 12 || length > bytes.size() - kRecordHead) return std::nullopt;
  if (GetNumber(bytes, 4, 4) != Crc32(bytes.substr(8, 8 + length))) return std::nullopt;
  std::string_view payload = bytes.substr(kRecordHead, length);
  const std::uint64_t type_length = GetNumber(payload, 0, 4);
  if (type_length > length - 12) return std::nullopt;
  const std::uint64_t body_length = GetNumber(payload, 4 + type_length, 8);
  if (body_length > length - 12 - type_length) return std::nullopt;
  auto body = ParseJson(payload.substr(12 + type_length, body_length), "journal");
  if (!body) return std::nullopt;
  *size = kRecordHead + length;
  return JournalRecord{std::string(payload.substr(4, type_length)), std::move(*body),
                       std::string(payload.substr(12 + type_length + body_length))};
}

/// Writes all bytes; returns 0 or errno.
int WriteAll(int file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(file, bytes.data(), bytes.size(), off_t(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    if (done == 0) return ENOSPC;
    bytes.remove_prefix(std::size_t(done));
    offset += std::uint64_t(done);
  }
  return 0;
}

Error InUse(const std::string& folder, const std::string& lock_path) {
  std::string text;
  if (auto content = ReadFile(lock_path)) text = content->substr(0, content->find('\n'));
  const std::string name = std::filesystem::path(folder).filename().string();
  Error error(Code::kResourceExhausted, "out-in-use",
              "another run writes there: " + (name.empty() ? folder : name) + (text.empty() ? "" : ", pid " + text));
  error.In("--out " + folder).Do("choose another --out");
  return error;
}

Status SyncFolder(const std::string& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return WriteFailed(folder, errno);
  ::fsync(handle);  // some file systems cannot sync folders; the data itself is synced
  ::close(handle);
  return Ok();
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::Open(const std::string& folder) {
  const std::string inner = folder + "/.journal";
  TW_RETURN_IF_ERROR(MakeFolders(inner));
  std::unique_ptr<Journal> journal(new Journal());
  const std::string lock_path = inner + "/lock";
  journal->lock_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (journal->lock_ < 0) return WriteFailed(lock_path, errno);
  if (::flock(journal->lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return InUse(folder, lock_path);
    return WriteFailed(lock_path, errno);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(journal->lock_, 0) != 0) return WriteFailed(lock_path, errno);
  if (int fault = WriteAll(journal->lock_, pid, 0)) return WriteFailed(lock_path, fault);

  journal->path_ = inner + "/journal.tw";
  journal->file_ = ::open(journal->path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (journal->file_ < 0) return WriteFailed(journal->path_, errno);
  TW_RETURN_IF_ERROR(journal->Load());
  TW_RETURN_IF_ERROR(SyncFolder(inner));
  return journal;
}

Status Journal::Load() {
  struct stat status{};
  if (::fstat(file_, &status) != 0) return WriteFailed(path_, errno);
  std::string content;
  if (status.st_size > 0) {
    last_written_ = double(status.st_mtim.tv_sec) + 1e-9 * double(status.st_mtim.tv_nsec);
    TW_TRY(content, ReadFile(path_));
  }
  const std::string_view bytes = content;
  const std::size_t common = std::min(bytes.size(), kHead.size());
  if (bytes.substr(0, common) != kHead.substr(0, common)) {
    return Error(Code::kInvalidData, "journal-damaged", "file is not a Tagwerk journal")
        .In(path_)
        .Byte(0)
        .Do("--overwrite to start anew, or another --out");
  }
  if (bytes.size() < kHead.size()) {  // new, or torn in its first bytes
    dropped_bytes_ = bytes.size();
    if (int fault = WriteAll(file_, kHead, 0)) return WriteFailed(path_, fault);
    end_ = kHead.size();
  } else {
    end_ = kHead.size();
    std::size_t size = 0;
    while (auto record = Decode(bytes.substr(end_), &size)) {
      records_.push_back(std::move(*record));
      end_ += size;
    }
    dropped_bytes_ = bytes.size() - end_;
  }
  if (::ftruncate(file_, off_t(end_)) != 0) return WriteFailed(path_, errno);
  if (::fdatasync(file_) != 0) return WriteFailed(path_, errno);
  return Ok();
}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) {
    // The lock file stays, without a pid: removing it would let two later openers hold different files.
    if (::ftruncate(lock_, 0) != 0) {
    }
    ::close(lock_);
  }
}

Status Journal::Append(const JournalRecord& record) {
  const std::string bytes = Encode(record);
  std::lock_guard guard(mutex_);
  int fault = WriteAll(file_, bytes, end_);
  const TimePoint now = Clock::now();
  const bool due = now - synced_ >= std::chrono::seconds(1) || record.type == "run" || record.type == "end";
  if (fault == 0 && due) {
    synced_ = now;
    if (::fdatasync(file_) != 0) fault = errno;
  }
  if (fault != 0) {
    if (::ftruncate(file_, off_t(end_)) != 0) {
    }  // best effort: opening drops a torn tail anyway
    return WriteFailed(path_, fault);
  }
  end_ += bytes.size();
  return Ok();
}

std::string BlobOf(const std::vector<double>& values) {
  std::string out;
  out.reserve(values.size() * 8);
  for (double value : values) PutNumber(out, std::bit_cast<std::uint64_t>(value), 8);
  return out;
}

std::vector<double> DoublesOf(std::string_view blob) {
  if (blob.size() % 8 != 0) return {};
  std::vector<double> values(blob.size() / 8);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::bit_cast<double>(GetNumber(blob, i * 8, 8));
  return values;
}

}  // namespace tagwerk::search
