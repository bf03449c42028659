// Members of documents as text, and paragraphs of 80 columns. Internal to this folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "cli/streams.h"

namespace tagwerk::cli {

inline constexpr std::size_t kWidth = 80;

/// Returns a number of an object, NaN when it is absent or none.
inline double Number(const Json& json, const char* name) {
  return json.contains(name) && json[name].is_number() ? json[name].get<double>() : std::nan("");
}
/// Returns a text of an object, "" when it is absent or none.
inline std::string Text(const Json& json, const char* name) {
  return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
}
/// Returns a label as people write it: a text, or a number or boolean as JSON.
inline std::string LabelText(const Json& value) {
  return Printable(value.is_string() ? value.get<std::string>() : DumpJson(value), 60);
}

/// Breaks a paragraph at blanks.
inline std::string Wrapped(const std::string& text, const std::string& indent) {
  std::string out, line = indent;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (DisplayWidth(line) + DisplayWidth(word) + 1 > kWidth && line != indent) {
      out += line + "\n";
      line = indent;
    }
    line += (line == indent ? "" : " ") + word;
    start = end + 1;
  }
  return out + line + "\n";
}

}  // namespace tagwerk::cli
