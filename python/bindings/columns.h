// Columns that Python holds, as the rows of a matrix: arrays are read where they are, whatever their order.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/threads.h"
#include "model/matrix.h"

namespace tagwerk::python {

class Columns {
 public:
  /// Takes a list of parts: an array of float32 or float64 (n, k) with any strides gives k columns of numbers, a pair
  /// (int32 array of codes, number of categories) one category. Keeps the arrays alive.
  explicit Columns(nanobind::list parts);

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return views_.size(); }

  /// Copies rows [begin, end) of the stacked tables into the columns of a matrix; needs no GIL.
  static model::Matrix Stack(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, Pool* pool);

 private:
  enum class Kind : std::uint8_t { kFloat, kDouble, kCodes };
  struct View {
    Kind kind = Kind::kDouble;
    const char* data = nullptr;
    std::int64_t step = 0;        ///< bytes from row to row
    std::int32_t categories = 0;  ///< of kCodes
  };
  void AddNumbers(nanobind::handle part);
  void AddCodes(nanobind::handle part);
  void SetRows(std::size_t rows);
  void CopyTo(std::size_t column, std::size_t begin, std::size_t end, double* out) const;
  void CopyTo(std::size_t column, std::size_t begin, std::size_t end, std::int32_t* out) const;

  std::vector<nanobind::object> held_;
  std::vector<View> views_;
  std::size_t rows_ = 0;
};

}  // namespace tagwerk::python
