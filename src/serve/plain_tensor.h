// The request that most clients send, read in one pass and without a tree of values: one tensor of all columns in JSON,
//   {"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP64", "data": [0.5, null, 2]}]}
// with the members in any order and perhaps an "id". Everything else, and whatever is wrong, is for tensors.h.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tagwerk::serve {

struct PlainTensor {
  std::string_view id;  ///< empty: none
  std::string_view name;
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;  ///< rows x columns, NaN for null
};

/// Returns whether `body` is such a request and nothing more; `out` is reused, its texts are views into `body`.
bool ReadPlainTensor(std::string_view body, PlainTensor& out);

/// Reads a number of JSON at `at` and moves behind it. Returns false, and moves nothing, where there is none, or none
/// that a double can hold. The value is the nearest double; -0 without a point is 0.
bool ReadJsonNumber(const char*& at, const char* end, double& value);

}  // namespace tagwerk::serve
