// Models of the registry, served under their names: which versions are held, and what follows an alias when it moves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/context.h"
#include "serve/shelf.h"
#include "serve/store_link.h"
#include "store/models.h"

namespace tagwerk::serve {

/// Of each name the versions are held that were typed, those that an alias names, and the one that was current before:
/// a caller that names it is answered across a promotion. All calls from one thread at a time.
class RegistryModels {
 public:
  /// All must outlive this.
  RegistryModels(const Context& context, Shelf& shelf, StoreReader& reader, StoreWriter& writer)
      : context_(context), shelf_(shelf), reader_(reader), writer_(writer) {}
  /// Serves NAME, NAME@ALIAS or NAME:VERSION under NAME; what was typed first is what the bare name means. A run's id,
  /// or `last`, serves the run's model as a file. Errors: model-not-found, version-not-found, alias-not-found,
  /// name-taken (2), those of the store and of loading.
  Status Add(const std::string& typed);
  /// Looks whether the registry changed: new versions are loaded, made ready and put in place of the old in one step.
  /// What cannot be loaded leaves the old in service. Notes in the store which version answers for the champion.
  void Refresh();
  bool Follows(const std::string& name) const { return followed_.contains(name); }

 private:
  struct Followed {
    std::vector<store::ModelName> typed;
    std::map<int, std::string> files;  ///< SHA-256 of the versions that are held
    std::int64_t recorded = 0;         ///< version that the store knows as the one that answers
  };
  Status Update(store::Store& store, const std::string& name, Followed& followed, bool first);
  Status AddRun(store::Store& store, const std::string& typed, const Error& unknown);
  Status Record();

  const Context& context_;
  Shelf& shelf_;
  StoreReader& reader_;
  StoreWriter& writer_;
  std::map<std::string, Followed> followed_;
  std::int64_t seen_ = -1;  ///< number of the registry's last change
  TimePoint again_ = TimePoint::max();
  Trouble trouble_{"registry"};
};

}  // namespace tagwerk::serve
