// Errors as each of the served interfaces says them.
#pragma once

#include <string_view>

#include "base/error.h"
#include "serve/http.h"

namespace tagwerk::serve {

/// Which form a client of a path expects.
enum class Form : std::uint8_t {
  kProblem,    ///< RFC 9457, application/problem+json
  kInference,  ///< {"error": "..."} of the Open Inference Protocol
  kMlflow,     ///< {"error_code", "message"}
};
Form FormOf(std::string_view path);

int StatusOf(const Error& error);
/// Fills an answer from an error; `status` overrides StatusOf.
void Fail(const Error& error, const Request& request, Response& response, int status = 0);

}  // namespace tagwerk::serve
