// The folder of a run: made, locked by the journal, filled file by file; run.json last makes it complete.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/run.h"
#include "base/json.h"
#include "base/result.h"
#include "search/journal.h"

namespace tagwerk::app {

class RunFolder {
 public:
  /// Makes or opens the folder as the request says. Errors: out-not-empty (2), out-in-use (5), disk ones.
  static Result<std::unique_ptr<RunFolder>> Open(const RunRequest& request);
  ~RunFolder();

  const std::string& path() const { return path_; }
  const std::string& id() const { return id_; }
  /// Whether the id comes from an earlier session of the run and stays.
  bool has_kept_id() const { return kept_id_; }
  void SetId(std::string id) { id_ = std::move(id); }
  search::Journal* journal() const { return journal_.get(); }
  /// Returns the finished document when the folder is complete (only with --resume).
  const std::optional<Json>& finished() const { return finished_; }
  /// Writes one file atomically and notes its size and SHA-256 (computed unless it is known) for `files`.
  Status Write(const std::string& name, std::string_view bytes, const std::string& sha256 = "");
  const Json& files() const { return files_; }
  /// Notes a file that was written by another stage (rejected.csv).
  Status Note(const std::string& name);
  /// Keeps the folder although the run failed (something worth keeping lies in it).
  void Keep() { keep_ = true; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  RunFolder() = default;
  void TakeId(const RunRequest& request);
  std::string path_, id_;
  std::unique_ptr<search::Journal> journal_;
  std::optional<Json> finished_;
  Json files_ = Json::object();
  bool made_ = false, keep_ = false, kept_id_ = false;
};

}  // namespace tagwerk::app
