// Writing JSON by hand where thousands of answers a second are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tagwerk::serve {

/// Appends the shortest text that reads back to the same bits; null for NaN and infinity.
void AppendNumber(double value, std::string& out);
void AppendInteger(std::int64_t value, std::string& out);
/// Appends a string in quotes, escaped. `text` is UTF-8.
void AppendQuoted(std::string_view text, std::string& out);

}  // namespace tagwerk::serve
