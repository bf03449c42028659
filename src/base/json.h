// JSON with members in the order they were written. Include this one header, not the library's.
// Numbers: NaN and infinity become null on output.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tagwerk {

using Json = nlohmann::ordered_json;

/// Parses with a depth limit; the error says byte and reason (code InvalidData, id json-malformed).
Result<Json> ParseJson(std::string_view text, std::string_view file, int max_depth = 64);
/// Writes compact (indent < 0) or indented; invalid UTF-8 is replaced, never thrown.
std::string DumpJson(const Json& json, int indent = -1);
Json ErrorJson(const Error& error);  ///< tagwerk.error/1

}  // namespace tagwerk
