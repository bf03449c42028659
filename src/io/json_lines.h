// JSON lines (one object a line) and JSON arrays of objects. Nested objects are flattened with dots,
// arrays are kept as JSON text; a line that is not an object is rejected.
#pragma once

#include "base/context.h"
#include "io/input.h"
#include "io/read.h"
#include "io/rejects.h"
#include "io/typed_table.h"

namespace tagwerk::io {

/// What a JSON file holds, and how many lines were read.
struct JsonSource {
  TypedSource source;
  std::int64_t lines = 0;       ///< physical
  std::int64_t data_lines = 0;  ///< without blank ones
};

/// Reads a whole input (UTF-8 already). Malformed lines go to the log.
Result<JsonSource> ReadJsonLines(const Context& context, const Input& input, const ReadOptions& options,
                                 RejectLog& log);

/// Reads lines from `position` on, at most `max_rows`, and moves the position. For streaming.
Result<TypedSource> ReadJsonBatch(const Context& context, const Input& input, const ReadOptions& options,
                                  std::size_t max_rows, std::size_t& position, std::int64_t& line, RejectLog& log);

/// Returns whether the text starts with a JSON object or an array of objects.
bool LooksLikeJson(std::string_view text);

}  // namespace tagwerk::io
