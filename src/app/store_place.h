// Where the store of this command lies, and what the project file says about it.
#pragma once

#include <string>

#include "app/options.h"
#include "base/result.h"
#include "store/store.h"

namespace tagwerk::app {

struct StorePlace {
  store::Location location;
  std::string project;  ///< [project] name; empty outside of projects
  double keep_runs_seconds = 365.0 * 86400;
  double deploy_margin = 0, deploy_probability = 0.95;  ///< [deploy]: gate of `models promote`
};

/// --store (or TAGWERK_STORE) > [store] url of tagwerk.toml > that of $XDG_CONFIG_HOME/tagwerk/config.toml >
/// `.tagwerk/store.db` beside tagwerk.toml > `store.db` in $TAGWERK_HOME, $XDG_DATA_HOME/tagwerk or
/// ~/.local/share/tagwerk. Nothing is made. Errors: store-unsupported, config-syntax, config-unknown-key,
/// config-value (2), store-no-home (5).
Result<StorePlace> FindStore(const Arguments& arguments);

/// Opens the store of this command.
Result<std::unique_ptr<store::Store>> OpenStore(const Arguments& arguments, store::Access access);

}  // namespace tagwerk::app
