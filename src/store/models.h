// The registry: names, versions that never change, and the aliases that say which one counts. Every move of an alias
// is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/artifacts.h"
#include "store/store.h"

namespace tagwerk::store {

/// A model as people type it: NAME (its champion), NAME@ALIAS, NAME:VERSION.
struct ModelName {
  std::string name, alias = "champion";
  std::optional<std::int64_t> version;
};
/// Errors: model-name (2).
Result<ModelName> ParseModelName(const std::string& typed);

struct NewVersion {
  std::string model, project, task, target;
  std::string run;     ///< "" = a file that was registered
  std::string source;  ///< "run", or the file
  Artifact file;
  std::string metric;
  double score, low, high, gain_low;  ///< NaN: not known
  std::optional<bool> gate_passed;
};
struct VersionFacts {
  std::string model, run, sha256, path, metric, source, created_at, task, target;
  std::int64_t version = 0;
  std::uint64_t bytes = 0;
  double score = 0, low = 0, high = 0, gain_low = 0;
  std::optional<bool> gate_passed;
  std::vector<std::string> aliases;
};
struct Registered {
  std::int64_t version = 0;
  std::string alias;  ///< champion or challenger
};

/// Adds a version; the first of a name becomes champion, later ones challenger. The same file of the same run is added
/// once. Error model-name (2).
Result<Registered> RegisterVersion(Store& store, const NewVersion& version, const std::string& actor);
/// Returns versions, newest of each model first; of one model, or of all.
Result<std::vector<VersionFacts>> ListVersions(Store& store, const std::string& model = "");
/// Finds one. Errors: model-not-found, version-not-found, alias-not-found (2).
Result<VersionFacts> FindVersion(Store& store, const ModelName& name);

/// Returns the number of the change that set an alias, which differs whenever it was moved. Errors: those of
/// FindVersion.
Result<std::int64_t> AliasNumber(Store& store, const std::string& model, const std::string& alias);

struct AliasChange {
  std::int64_t number = 0;
  std::string alias, kind, actor, reason, changed_at;
  std::optional<std::int64_t> before, after;
  bool forced = false;
};
Result<std::vector<AliasChange>> AliasHistory(Store& store, const std::string& model);
/// Points an alias to a version. `expected` (of HTTP's If-Match) is the number of the change that must still be the
/// last one. Errors: those of FindVersion, alias-moved.
Status SetAlias(Store& store, const ModelName& name, const std::string& alias, bool forced, const std::string& reason,
                const std::string& actor, std::optional<std::int64_t> expected = std::nullopt);
/// Points champion to the one before; returns the version. Errors: model-not-found, no-version-before (2).
Result<std::int64_t> RollBack(Store& store, const std::string& model, const std::string& reason,
                              const std::string& actor);
/// Takes a version out of the registry. Error version-in-use (2): an alias points to it.
Status DeleteVersion(Store& store, const ModelName& name, const std::string& actor);

}  // namespace tagwerk::store
