// The data of one tensor, in JSON or as bytes, into columns of rows.
#pragma once

#include <string>
#include <string_view>

#include "serve/json_body.h"
#include "serve/rows.h"

namespace tagwerk::serve {

/// One entry of "inputs".
struct Tensor {
  std::string name;
  std::string_view datatype;
  std::size_t rows = 0, columns = 1;
  bool is_binary = false;
  json::Element data;  ///< unless is_binary
  std::string_view bytes;
};

/// Takes a tensor's description; `binary` loses the bytes that belong to it. Errors: request-malformed, shape-wrong,
/// datatype-wrong, too-many-rows.
Result<Tensor> ReadTensor(json::Element entry, std::string_view& binary);
/// Sets column `first + c` of row r from element r * columns + c. Errors: shape-wrong, datatype-wrong.
Status FillTensor(const Tensor& tensor, std::size_t first, InputRows& rows);

}  // namespace tagwerk::serve
