// Rows of the right width whose cells stand one column too far left or right: a cell was lost or added when
// the file was made. Their values would be silently wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "table/table.h"

namespace tagwerk::io {

/// What the cells of a suspicious row say.
struct ShiftEvidence {
  bool shifted = false;
  int direction = 0;                 ///< +1: cells belong one column to the right
  std::size_t misfits = 0;           ///< cells that do not fit their column
  std::size_t hits = 0;              ///< of them, those that fit the next column in that direction
  std::vector<std::size_t> columns;  ///< of the misfits
};

/// Judges rows of one table. A cell fits a column of numbers or times when it can be read so, a column of
/// categories when another row holds it; texts, ids and categories that hardly repeat fit anything.
class ShiftJudge {
 public:
  ShiftJudge(const std::vector<table::Field>& fields, const std::vector<table::ColumnPtr>& columns);
  /// Judges a row by its cells (trimmed, in the order of the table's columns).
  ShiftEvidence Judge(const std::vector<std::string>& cells);

 private:
  enum class Fit : std::uint8_t { kYes, kNo, kUnknown };
  Fit Fits(std::size_t column, const std::string& text);

  const std::vector<table::Field>& fields_;
  const std::vector<table::ColumnPtr>& columns_;
  std::vector<std::vector<std::int64_t>> counts_;  ///< of a category column's codes, made when needed
};

}  // namespace tagwerk::io
