// Files in TOML. Include this one header, not the library's.
#pragma once

// The library's assertions do not hold for every text that is no TOML ("[$"); what they guard ends in an error anyway.
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

#include <string>

#include "base/result.h"

namespace tagwerk::app {

/// Parses a file's text. Error: config-syntax with line and column, also for nesting that no file of settings needs:
/// tables are destroyed recursively.
Result<toml::table> ParseToml(const std::string& bytes, const std::string& path);

}  // namespace tagwerk::app
