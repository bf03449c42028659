// Where the records of a JSON text are: a line each, elements of an array, or objects one after the other. Found by
// counting brackets, without holding the document.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "io/read.h"

namespace tagwerk::io {

struct JsonLayout {
  enum class Kind {
    kLines,    ///< one object a line
    kRecords,  ///< objects in [begin, end), with commas or blanks between them
    kWhole,    ///< columns or rows as arrays, as pandas writes them: small documents, parsed at once
  };
  Kind kind = Kind::kLines;
  std::size_t begin = 0, end = 0;
  std::string key;  ///< of the array inside an object: "response.items"
  /// Ends of records about `kStretch` bytes apart, the last at `end`, when they were met on the way; else empty.
  std::vector<std::size_t> cuts;
};

inline constexpr std::size_t kStretch = 4 << 20;  ///< bytes of a text that one task parses

/// Finds the records of a text that LooksLikeJson, in one pass at most. An object that holds exactly one array of
/// objects is that array; options.table names one of several. With options.expected an object that has such columns is
/// a row itself. Errors: json-malformed, not-a-table, table-needed, table-not-found.
Result<JsonLayout> FindRecords(std::string_view text, const std::string& path, const ReadOptions& options);

/// Returns the byte after the value that starts at `begin`, or nothing if the text ends inside it.
std::optional<std::size_t> EndOfValue(std::string_view text, std::size_t begin);
/// Returns the first byte from `at` on that is neither blank nor a comma.
std::size_t NextRecord(std::string_view text, std::size_t at, std::size_t end);

/// Turns a document of kind kWhole into an array of objects. Errors: not-a-table, json-malformed, memory-limit.
Result<Json> RowsOfDocument(std::string_view text, const std::string& path, std::uint64_t memory_limit);

/// Returns whether the text starts with a JSON object or an array of objects or arrays.
bool LooksLikeJson(std::string_view text);

}  // namespace tagwerk::io
