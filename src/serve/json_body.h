// Bodies in JSON: the whole text is checked before anything is made of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/json_value.h"
#include "serve/rows.h"

namespace tagwerk::serve {

inline constexpr std::size_t kMostJsonDepth = 64;

/// The parser of one thread. What it returns, and the texts in it, live until the next call.
class JsonBody {
 public:
  JsonBody();
  ~JsonBody();
  /// Error: request-malformed (400) with the reason.
  Result<json::Element> Parse(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Builds request-malformed.
Error Malformed(const std::string& what);
/// Builds too-many-rows (413).
Error TooManyRows(std::size_t rows, std::size_t most = kMostRows);
/// "a text", "an object": what stands where something else was wanted.
std::string_view KindOf(json::Element element);

}  // namespace tagwerk::serve
