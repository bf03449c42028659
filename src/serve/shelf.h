// The models that are served, by name, version and alias. Readers take a snapshot and keep it for as long as they
// answer; a change makes a new one, so no request ever meets half a change.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/context.h"
#include "serve/served_model.h"

namespace tagwerk::serve {

struct NamedModel {
  std::map<int, ServedModelPtr> versions;
  std::map<std::string, int, std::less<>> aliases;
  int current = 0;        ///< the version that the bare name means
  bool followed = false;  ///< of the registry
};

struct Snapshot {
  std::map<std::string, NamedModel, std::less<>> models;

  /// Finds a model. `version` and `alias` may be empty, not both set. Error: model-not-found (404).
  Result<ServedModelPtr> Find(std::string_view name, std::string_view version, std::string_view alias) const;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

class Shelf {
 public:
  explicit Shelf(const Context& context) : context_(context) {}
  /// Serves a file under a name; it is loaded again when it changes. Errors: name-taken (2), those of loading.
  Status AddFile(const std::string& name, const std::string& path);
  /// Loads a model for `Put`; the number is its version. Errors: those of loading.
  Result<ServedModelPtr> Load(const std::string& name, int version, const std::string& path);
  /// Lets a model predict some rows, so that what it prepares on first use is there.
  void Warm(const ServedModel& model) const;
  /// Serves these versions under a name, in place of what was served under it.
  void Put(const std::string& name, NamedModel model);
  /// Error name-taken (2).
  Status IsFree(const std::string& name, const std::string& path) const;
  /// Looks at the files: what changed is loaded, made ready and then put in place of the old in one step. A file that
  /// cannot be loaded leaves the old one in service, and is told once.
  void Refresh();
  void WarmUp() const;  ///< warms all

  SnapshotPtr Current() const;
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  /// Returns name and version of any model that was ever served.
  std::pair<std::string, int> LabelOf(std::uint64_t serial) const;

 private:
  struct Source {
    std::string name, path, stamp;
    int version = 1;
  };
  void Publish(std::shared_ptr<Snapshot> snapshot);

  const Context& context_;
  std::vector<Source> sources_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<Snapshot>();
  std::vector<std::pair<std::string, int>> labels_;  ///< by serial - 1
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace tagwerk::serve
