// Matrix: what learners see. Numeric columns of doubles (NaN = missing) and category columns of codes
// (-1 = missing or never seen in training); sparse columns hold a vector a row. Columns are shared with the table where
// nothing changed. Numbers that are mostly 0 may be given without their zeros.
#pragma once

#include <algorithm>
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

/// A column of numbers of which only those that may differ from 0 are held, by ascending row, each row once.
struct SparseNumbers {
  std::shared_ptr<const void> owner;  ///< of what the spans show; may be null
  std::span<const RowIndex> rows;
  std::span<const double> values;  ///< NaN = missing

  double At(RowIndex row) const;
  /// Calls put(i, value) for the entries of rows[i]; rows that follow each other are met in one pass.
  template <class Put>
  void ForEachIn(RowSpan wanted, const Put& put) const;
};

/// A column of numbers that is read where it lies, a stretch of rows at a time. Thread-safe.
class NumberSource {
 public:
  virtual ~NumberSource() = default;
  /// Writes the numbers of rows [begin, begin + to.size()).
  virtual void Read(std::size_t begin, std::span<double> to) const = 0;
};

struct MatrixColumn {
  std::string name;                                        ///< "distance", "time_hour.month", "carrier.target"
  std::int32_t source = -1;                                ///< index of the input column it was made from, -1: several
  std::shared_ptr<const std::vector<double>> numeric;      ///< set for numeric columns
  std::shared_ptr<const std::vector<std::int32_t>> codes;  ///< set for category columns
  std::shared_ptr<const SparseNumbers> nonzeros;           ///< numeric, without zeros (tree learners only)
  std::shared_ptr<const NumberSource> elsewhere;           ///< numeric, read on demand (tree learners only)
  std::int32_t num_categories = 0;                         ///< codes are -1 or in [0, num_categories)
  std::shared_ptr<const sparse::Block> sparse;             ///< set for sparse columns (linear recipe only)
  bool from_model = false;                                 ///< made by a model of its own: no column for a baseline
  bool is_category() const { return codes != nullptr; }
  /// Of a column of numbers in any form.
  double NumberAt(RowIndex row) const;
};

inline double SparseNumbers::At(RowIndex row) const {
  const auto at = std::lower_bound(rows.begin(), rows.end(), row);
  return at != rows.end() && *at == row ? values[std::size_t(at - rows.begin())] : 0.0;
}

inline double MatrixColumn::NumberAt(RowIndex row) const {
  if (numeric != nullptr) return (*numeric)[row];
  if (nonzeros != nullptr) return nonzeros->At(row);
  double number = 0;
  elsewhere->Read(row, {&number, 1});
  return number;
}

template <class Put>
void SparseNumbers::ForEachIn(RowSpan wanted, const Put& put) const {
  const auto number = [&](auto at) { return values[std::size_t(at - rows.begin())]; };
  bool stretch = true;
  for (std::size_t i = 1; i < wanted.size() && stretch; ++i) stretch = wanted[i] == wanted[i - 1] + 1;
  if (!stretch) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto at = std::lower_bound(rows.begin(), rows.end(), wanted[i]);
      if (at != rows.end() && *at == wanted[i]) put(i, number(at));
    }
    return;
  }
  if (wanted.empty()) return;
  auto at = std::lower_bound(rows.begin(), rows.end(), wanted.front());
  for (; at != rows.end() && *at <= wanted.back(); ++at) put(std::size_t(*at - wanted.front()), number(at));
}

class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::vector<MatrixColumn> columns) : rows_(rows), columns_(std::move(columns)) {}
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return columns_.size(); }
  const MatrixColumn& column(std::size_t j) const { return columns_[j]; }
  const std::vector<MatrixColumn>& columns() const { return columns_; }
  MatrixColumn* mutable_columns() { return columns_.data(); }

 private:
  std::size_t rows_ = 0;
  std::vector<MatrixColumn> columns_;
};

/// Returns 0, 1, ..., n-1.
Rows AllRows(std::size_t n);

}  // namespace tagwerk::model
