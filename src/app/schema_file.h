// The schema of a table as a file that people edit: how each column was read, with confidence and evidence,
// and back as reading options (--schema).
#pragma once

#include <string>

#include "base/result.h"
#include "io/read.h"

namespace tagwerk::app {

/// Writes tagwerk.schema/1 as TOML: one [[column]] with name, type, unit, form and missing; the rest as comments.
std::string SchemaText(const table::ReadResult& read);

/// Adds what a schema file says to the options; what is told already (--type) stays. Errors: config-syntax,
/// config-unknown-key, option-value (each with its line); columns are looked for when the data is read.
Status TakeSchema(const std::string& path, io::ReadOptions& options);

}  // namespace tagwerk::app
