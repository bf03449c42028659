#include "app/run_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace tagwerk::app {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOwnFiles[] = {"report.html", "model.tw",     "card.md",          "leaderboard.csv",
                                     "run.json",    "rejected.csv", "rejected-test.csv"};

bool IsEmpty(const std::string& folder) {
  std::error_code failure;
  fs::directory_iterator it(folder, failure);
  return failure || it == fs::directory_iterator();
}

/// Returns tagwerk-runs/<name>-<stamp>, with -2, -3 ... when that exists.
std::string FreeDefault(const RunRequest& request) {
  const double now = request.started_unix > 0 ? request.started_unix : UnixNow();
  const std::string base = "tagwerk-runs/" + request.name + "-" + LocalStamp(now);
  std::string path = base;
  for (int i = 2; fs::exists(path); ++i) path = base + "-" + std::to_string(i);
  return path;
}

/// Returns the newest unfinished folder of the same name under tagwerk-runs, or "".
std::string NewestUnfinished(const RunRequest& request) {
  std::string newest;
  std::error_code failure;
  for (fs::directory_iterator it("tagwerk-runs", failure), end; !failure && it != end; it.increment(failure)) {
    const std::string name = it->path().filename().string();
    const bool same = name.size() == request.name.size() + 16 && name.rfind(request.name + "-", 0) == 0;
    if ((same || request.data.empty()) && fs::exists(it->path() / ".journal") && !fs::exists(it->path() / "run.json"))
      newest = std::max(newest, it->path().string());
  }
  return newest;
}

Error NotEmpty(const std::string& path) {
  const bool complete = fs::exists(path + "/run.json");
  const bool ours = complete || fs::exists(path + "/.journal");
  return Error(Code::kInvalidArgument, "out-not-empty", "folder is not empty: " + Quoted(path))
      .In("--out", !ours      ? "holds other files"
                   : complete ? "holds a finished run"
                              : "holds an unfinished run")
      .Do(ours ? "--resume to continue it, --overwrite to start anew" : "choose another --out");
}

}  // namespace

Result<std::unique_ptr<RunFolder>> RunFolder::Open(const RunRequest& request) {
  auto folder = std::unique_ptr<RunFolder>(new RunFolder());
  folder->path_ = request.out;
  if (folder->path_.empty() && request.resume) folder->path_ = NewestUnfinished(request);
  if (folder->path_.empty()) folder->path_ = FreeDefault(request);
  while (folder->path_.size() > 1 && folder->path_.back() == '/') folder->path_.pop_back();
  const std::string& path = folder->path_;
  const bool existed = fs::exists(path);
  if (existed && !fs::is_directory(path))
    return Error(Code::kInvalidArgument, "out-not-empty", "path is a file, a folder is needed: " + Quoted(path))
        .In("--out");
  if (existed && !IsEmpty(path) && !request.resume && !request.overwrite) return NotEmpty(path);
  folder->made_ = !existed;
  TW_RETURN_IF_ERROR(MakeFolders(path));
  SweepTemporaries(path);
  if (request.resume && fs::exists(folder->File("run.json"))) {
    TW_TRY(const std::string bytes, ReadFile(folder->File("run.json")));
    TW_TRY(folder->finished_, ParseJson(bytes, folder->File("run.json")));
  }
  if (request.overwrite) {
    // Opened first, so that a run in progress is not torn away.
    TW_TRY(folder->journal_, search::Journal::Open(path));
    folder->journal_.reset();
    for (const char* name : kOwnFiles) fs::remove(folder->File(name));
    fs::remove_all(folder->File(".journal"));
  }
  TW_TRY(folder->journal_, search::Journal::Open(path));
  folder->TakeId(request);
  return folder;
}

/// The id of earlier sessions; else the default folder's name, also where the files go elsewhere.
void RunFolder::TakeId(const RunRequest& request) {
  for (const auto& record : journal_->records())
    if (record.type == "run") id_ = record.body.value("run_id", "");
  kept_id_ = !id_.empty();
  if (kept_id_) return;
  id_ = fs::path(path_).filename().string();
  const std::string prefix = request.name + "-";
  const bool is_default = id_.rfind(prefix, 0) == 0 && id_.size() >= prefix.size() + 15;
  if (!is_default) id_ = prefix + LocalStamp(request.started_unix > 0 ? request.started_unix : UnixNow());
}

RunFolder::~RunFolder() {
  const bool worthless = journal_ != nullptr && journal_->records().empty() && files_.empty() && !keep_;
  journal_.reset();
  if (!made_ || !worthless) return;
  std::error_code ignored;
  fs::remove_all(File(".journal"), ignored);
  fs::remove(path_, ignored);  // only when empty
  if (fs::path(path_).parent_path() == "tagwerk-runs") fs::remove("tagwerk-runs", ignored);
}

Status RunFolder::Write(const std::string& name, std::string_view bytes, const std::string& sha256) {
  TW_RETURN_IF_ERROR(WriteFileAtomically(File(name), bytes));
  files_[name] = {{"path", name}, {"bytes", bytes.size()}, {"sha256", sha256.empty() ? Sha256Hex(bytes) : sha256}};
  return Ok();
}

Status RunFolder::Note(const std::string& name) {
  TW_TRY(const auto map, MappedFile::Open(File(name)));
  files_[name] = {{"path", name}, {"bytes", map->bytes().size()}, {"sha256", Sha256Hex(map->bytes())}};
  return Ok();
}

}  // namespace tagwerk::app
