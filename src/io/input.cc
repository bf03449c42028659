// Resolves DATA to files and maps or reads them.
#include "io/input.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "io/spool.h"

namespace tagwerk::io {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDefaultCap = 64ULL << 30;
// What a pipe may bring is bounded by the disk; a compressed file may also unpack to this many times its size. Tables
// compress by 3 to 30, a bomb by 1000.
constexpr std::uint64_t kMostFromPipe = 1ULL << 44;
constexpr std::uint64_t kMostUnpacked = 250;

Error Unreadable(const std::string& path, const std::string& reason) {
  return Error(Code::kInvalidData, "file-unreadable", "file cannot be read: " + reason).In(path);
}

bool LooksLikeData(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.empty() || name[0] == '.' || name[0] == '_') return false;
  static const std::vector<std::string> kEndings = {
      ".csv", ".tsv",     ".txt", ".data", ".jsonl", ".json", ".ndjson", ".parquet", ".pq",  ".arrow",
      ".ipc", ".feather", ".gz",  ".zst",  ".zip",   ".bz2",  ".xz",     ".xlsx",    ".xlsm"};
  const std::string ending = Lower(path.extension().string());
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

Result<std::vector<std::string>> FilesOfFolder(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code status;
  for (const auto& entry : fs::directory_iterator(folder, status)) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored) && LooksLikeData(entry.path())) files.push_back(entry.path().string());
  }
  if (status) return Unreadable(folder, status.message());
  if (files.empty()) {
    return Error(Code::kInvalidData, "file-not-found", "folder holds no data file: " + Quoted(folder))
        .In(folder)
        .Do("name a file, or a quoted pattern such as '" + folder + "/*.csv'");
  }
  std::sort(files.begin(), files.end());
  return files;
}

Status ReadDescriptor(const Context& context, int descriptor, Input& input) {
  Spool spool(context, input.path, kMostFromPipe);
  std::string block(1 << 18, '\0');
  while (true) {
    if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted").In(input.path);
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(input.path, std::strerror(errno));
    if (got == 0) break;
    TW_RETURN_IF_ERROR(spool.Append({block.data(), std::size_t(got)}));
  }
  TW_RETURN_IF_ERROR(spool.MoveTo(input));
  input.file_bytes = input.bytes.size();
  return Ok();
}

Result<Input> OpenOne(const Context& context, const std::string& path) {
  Input input;
  input.path = path;
  if (path == "-") {
    TW_RETURN_IF_ERROR(ReadDescriptor(context, STDIN_FILENO, input));
    return input;
  }
  struct stat facts;
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return FileNotFound(path);
    return Unreadable(path, std::strerror(errno));
  }
  if (!S_ISREG(facts.st_mode)) {
    if (S_ISDIR(facts.st_mode)) return Unreadable(path, "it is a folder");
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return Unreadable(path, std::strerror(errno));
    Status read = ReadDescriptor(context, descriptor, input);
    ::close(descriptor);
    TW_RETURN_IF_ERROR(std::move(read));
    return input;
  }
  if (facts.st_size == 0) return input;
  TW_TRY(auto map, MappedFile::Open(path));
  input.Hold(std::move(map));
  input.file_bytes = input.bytes.size();
  return input;
}

}  // namespace

void Input::Hold(std::string text) {
  auto held = std::make_shared<const std::string>(std::move(text));
  bytes = *held;
  owner = std::move(held);
  mapped = false;
}

void Input::Hold(std::shared_ptr<const MappedFile> map) {
  bytes = map->bytes();
  owner = std::move(map);
  mapped = true;
}

void Input::GiveBack(std::size_t begin, std::size_t end) const {
  if (!mapped) return;
  static const auto page = std::uintptr_t(::sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t from = (start + begin + page - 1) / page * page;
  const std::uintptr_t to = (start + std::min(end, bytes.size())) / page * page;
  if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

Result<std::vector<std::string>> ListFiles(const std::string& data) {
  if (data == "-") return std::vector<std::string>{data};
  std::error_code status;
  const fs::file_status facts = fs::status(data, status);
  if (fs::is_directory(facts)) return FilesOfFolder(data);
  if (fs::exists(facts)) return std::vector<std::string>{data};
  if (data.find_first_of("*?[") == std::string::npos) return FileNotFound(data);
  glob_t found{};
  const int code = ::glob(data.c_str(), 0, nullptr, &found);
  std::vector<std::string> files;
  for (std::size_t i = 0; code == 0 && i < found.gl_pathc; ++i) {
    if (!fs::is_directory(found.gl_pathv[i], status)) files.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  if (files.empty()) {
    return Error(Code::kInvalidData, "file-not-found", "no file fits the pattern: " + Quoted(data)).In(data);
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<Input>> OpenInputs(const Context& context, const std::string& data, const std::string& part) {
  TW_TRY(const auto files, ListFiles(data));
  std::vector<Input> inputs;
  for (const std::string& file : files) {
    TW_TRY(auto raw, OpenOne(context, file));
    const std::uint64_t memory = context.memory_limit > 0 ? context.memory_limit : kDefaultCap;
    const std::uint64_t cap = std::max(memory, kMostUnpacked * raw.bytes.size());
    TW_TRY(auto parts, Decompress(context, std::move(raw), cap, part));
    for (Input& one : parts) inputs.push_back(std::move(one));
  }
  return inputs;
}

}  // namespace tagwerk::io
