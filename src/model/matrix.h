// Matrix: what learners see. Numeric columns of doubles (NaN = missing) and category columns of codes
// (-1 = missing or never seen in training); sparse columns hold a vector a row. Columns are shared with the table where
// nothing changed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sparse/csr.h"
#include "table/table.h"

namespace tagwerk::model {

using table::RowIndex;
using table::Rows;
using table::RowSpan;

struct MatrixColumn {
  std::string name;                                        ///< "distance", "time_hour.month", "carrier.target"
  std::int32_t source = -1;                                ///< index of the input column it was made from, -1: several
  std::shared_ptr<const std::vector<double>> numeric;      ///< set for numeric columns
  std::shared_ptr<const std::vector<std::int32_t>> codes;  ///< set for category columns
  std::int32_t num_categories = 0;                         ///< codes are -1 or in [0, num_categories)
  std::shared_ptr<const sparse::Block> sparse;             ///< set for sparse columns (linear recipe only)
  bool from_model = false;                                 ///< made by a model of its own: no column for a baseline
  bool is_category() const { return codes != nullptr; }
};

class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::vector<MatrixColumn> columns) : rows_(rows), columns_(std::move(columns)) {}
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return columns_.size(); }
  const MatrixColumn& column(std::size_t j) const { return columns_[j]; }
  const std::vector<MatrixColumn>& columns() const { return columns_; }

 private:
  std::size_t rows_ = 0;
  std::vector<MatrixColumn> columns_;
};

/// Returns 0, 1, ..., n-1.
Rows AllRows(std::size_t n);

}  // namespace tagwerk::model
