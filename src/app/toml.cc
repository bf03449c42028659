#include "app/toml.h"

#include <algorithm>

#include "base/text.h"

namespace tagwerk::app {
namespace {

constexpr std::int64_t kMostParts = 16;  // of a dotted key: each is a table in the one before it

Error SyntaxError(const std::string& path, std::int64_t line, std::int64_t column, std::string_view what) {
  return Error(Code::kInvalidArgument, "config-syntax", "file is not TOML: " + Printable(what, 200))
      .In(path, "column " + std::to_string(column))
      .Line(line);
}

/// Returns the byte after the text in quotes that starts at `at` (TOML 1.0, "String"), or the end.
std::size_t EndOfText(std::string_view bytes, std::size_t at) {
  const char quote = bytes[at];
  const bool block = bytes.substr(at, 3) == std::string(3, quote);
  const std::string end(block ? 3 : 1, quote);
  for (std::size_t i = at + end.size(); i < bytes.size(); ++i) {
    if (bytes.substr(i, end.size()) == end) return i + end.size();
    if (quote == '"' && bytes[i] == '\\') ++i;
    if (!block && bytes[i] == '\n') return i;
  }
  return bytes.size();
}

/// Refuses dotted keys of many parts, wherever they stand; texts and comments do not count.
Status CheckKeys(std::string_view bytes, const std::string& path) {
  std::int64_t line = 1, dots = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const char c = bytes[i];
    if (c == '"' || c == '\'') {
      const std::size_t end = EndOfText(bytes, i);
      line += std::count(bytes.begin() + std::ptrdiff_t(i), bytes.begin() + std::ptrdiff_t(end), '\n');
      i = end;
    } else if (c == '#') {
      i = std::min(bytes.find('\n', i), bytes.size());
    } else {
      line += c == '\n';
      if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos) dots = 0;
      if (c == '.' && ++dots >= kMostParts) return SyntaxError(path, line, 1, "key has more than 16 parts");
      ++i;
    }
  }
  return Ok();
}

}  // namespace

Result<toml::table> ParseToml(const std::string& bytes, const std::string& path) {
  TW_RETURN_IF_ERROR(CheckKeys(bytes, path));
  try {
    toml::table root = toml::parse(bytes, path);
    return root;
  } catch (const toml::parse_error& failure) {
    const auto& at = failure.source().begin;
    return SyntaxError(path, std::int64_t(at.line), std::int64_t(at.column), failure.description());
  }
}

}  // namespace tagwerk::app
