// The project file tagwerk.toml: settings of a project under the names of the command's options.
#pragma once

#include <string>

#include "app/options.h"
#include "base/result.h"

namespace tagwerk::app {

/// Returns the tagwerk.toml of the working folder or the nearest parent, or "".
std::string FindProjectFile();
/// Returns the user's own settings, $XDG_CONFIG_HOME/tagwerk/config.toml (else below ~/.config), or "".
std::string FindUserFile();

/// Fills what was not typed from a project file. The whole file is checked first: unknown keys (with the nearest),
/// types, contradictions; all faults at once with line and column. `serve` takes [server], the other verbs the rest.
/// Errors: config-syntax, config-unknown-key, config-value (exit 2).
Status TakeProject(const std::string& path, Arguments& arguments);
/// The same for [server] of the user's own settings. Call it after TakeProject: what is told there wins.
Status TakeServerOfUser(Arguments& arguments);

}  // namespace tagwerk::app
