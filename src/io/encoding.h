// Text encodings: found by byte order mark, UTF-16 pattern and validity, and turned into UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "base/context.h"
#include "base/result.h"
#include "io/input.h"

namespace tagwerk::io {

/// What was found or told, for the report.
struct EncodingFacts {
  std::string name;  ///< utf-8, utf-8 with BOM, utf-16le, cp1252, ...
  std::string evidence;
  std::size_t converted_bytes = 0;  ///< single bytes that were not valid UTF-8 and read as cp1252
};

/// Replaces the bytes of a text input by UTF-8 without byte order mark (no copy when it is UTF-8 already).
/// `told` is a name or empty. Errors: encoding-wrong, encoding-unknown.
Result<EncodingFacts> ToUtf8(const Context& context, Input& input, const std::string& told);

/// Returns the text with every byte that is not valid UTF-8 read as cp1252.
std::string MakeUtf8(std::string_view text);

/// Returns the length of the longest prefix that is valid UTF-8 (RFC 3629).
std::size_t ValidUtf8Prefix(std::string_view text);

}  // namespace tagwerk::io
