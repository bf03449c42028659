// The Open Inference Protocol v2: requests and answers in JSON and in the binary extension.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/json_body.h"
#include "serve/plain_tensor.h"
#include "serve/rows.h"
#include "serve/score.h"

namespace tagwerk::serve {

struct InferRequest {
  std::string id;  ///< echoed; empty: none
  struct Wanted {
    std::size_t output;  ///< of the model
    bool binary;
  };
  std::vector<Wanted> wanted;
  PlainTensor plain;  ///< space that is used again
};

/// Reads a request of the plain form (plain_tensor.h) for a model whose inputs are all numbers. Returns false, with
/// nothing set that ReadInfer would not set anew, where it is of another form or wrong.
bool ReadPlainInfer(std::string_view body, const ServedModel& model, InferRequest& request, InputRows& rows);

/// Reads {"inputs": [...], "outputs", "id", "parameters"}; `binary` is what follows the JSON. Sets the rows. Errors:
/// request-malformed, input-unknown, input-missing, output-unknown, shape-wrong, datatype-wrong, too-many-rows.
Status ReadInfer(json::Element root, std::string_view binary, const ServedModel& model, InferRequest& request,
                 InputRows& rows);
/// Writes the answer; returns the length of its JSON where binary outputs follow it, else 0.
std::size_t WriteInfer(const ServedModel& model, const Scored& scored, const InferRequest& request, std::string& out);

/// Writes what GET /v2/models/NAME answers.
void WriteMetadata(const ServedModel& model, const std::vector<std::string>& versions, std::string& out);

}  // namespace tagwerk::serve
