// Columns that Python holds, as the rows of a matrix: arrays are read where they are, whatever their order.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/threads.h"
#include "model/matrix.h"
#include "stats/isolation_forest.h"

namespace tagwerk::python {

class Columns {
 public:
  /// Takes a list of parts: an array of float32 or float64 (n, k) with any strides gives k columns of numbers, a pair
  /// (int32 array of codes, number of categories) one category. A list of compressed sparse rows (float64 values, int32
  /// columns, ascending and distinct in a row, int64 starts, number of columns) gives that many columns of numbers.
  /// Keeps the arrays alive.
  explicit Columns(nanobind::list parts);

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return views_.size(); }

  /// Copies rows [begin, end) of the stacked tables into the columns of a matrix; needs no GIL.
  static model::Matrix Stack(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, Pool* pool);

  /// All columns as sparse rows, where they lie, if the table is nothing else.
  std::optional<stats::SparseRows> OnlySparse() const;

  /// The rows of the stacked tables as a matrix that reads numbers where they lie; the tables must outlive it.
  static model::Matrix Refer(std::span<const Columns* const> tables);

 private:
  class Reference;
  enum class Kind : std::uint8_t { kFloat, kDouble, kCodes, kSparse };
  struct View {
    Kind kind = Kind::kDouble;
    const char* data = nullptr;
    std::int64_t step = 0;        ///< bytes from row to row
    std::int32_t categories = 0;  ///< of kCodes
    std::size_t place = 0;        ///< of kSparse: column of its rows
  };
  /// Compressed sparse rows.
  struct SparseRows {
    const double* values = nullptr;
    const std::int32_t* columns = nullptr;
    const std::int64_t* start = nullptr;
    std::size_t first_view = 0, width = 0;
  };
  void AddNumbers(nanobind::handle part);
  void AddCodes(nanobind::handle part);
  void AddSparse(nanobind::handle part);
  template <class Body>
  static void ForTables(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, const Body& body);
  static std::vector<model::MatrixColumn> Shape(std::span<const Columns* const> tables);
  static void FillSparse(std::span<const Columns* const> tables, std::size_t begin, std::size_t end,
                         std::vector<model::MatrixColumn>& columns);
  static void Copy(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, Pool* pool,
                   std::vector<model::MatrixColumn>& columns);
  void SetRows(std::size_t rows);
  void CopyTo(std::size_t column, std::size_t begin, std::size_t end, double* out) const;
  void CopyTo(std::size_t column, std::size_t begin, std::size_t end, std::int32_t* out) const;

  std::vector<nanobind::object> held_;
  std::vector<View> views_;
  std::vector<SparseRows> sparse_;
  std::size_t rows_ = 0;
};

}  // namespace tagwerk::python
