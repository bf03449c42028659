// Rows of a request as typed columns of the model, filled cell by cell from JSON; one object a thread, reused.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "features/row_features.h"
#include "serve/served_model.h"
#include "table/table.h"

namespace tagwerk::serve {

inline constexpr std::size_t kMostRows = 100'000;      ///< of one request
inline constexpr std::size_t kMostCells = 16'000'000;  ///< rows x inputs of the model

class InputRows {
 public:
  /// Forgets the rows before. The model must outlive what is done with them.
  void Start(const ServedModel& model);
  /// Adds `count` rows in which every cell is missing and absent; what is set belongs to the last.
  void AddRows(std::size_t count);
  std::size_t rows() const { return rows_; }

  void SetNumber(std::size_t input, std::size_t row, double value) {
    Cells& cells = columns_[input];
    cells.numbers[row] = value;
    if (row < cells.texts.size()) cells.texts[row] = {};
  }
  void SetInteger(std::size_t input, std::size_t row, std::int64_t value);
  void SetUnsigned(std::size_t input, std::size_t row, std::uint64_t value);
  void SetBoolean(std::size_t input, std::size_t row, bool value) { SetText(input, row, value ? "true" : "false"); }
  /// The text is not copied: it must live until the rows are predicted.
  void SetText(std::size_t input, std::size_t row, std::string_view text);
  void SetOwnedText(std::size_t input, std::size_t row, std::string text);
  /// Says that the last row names this input, if only with null.
  void MarkPresent(std::size_t input) { columns_[input].present_in = rows_; }
  /// Counts the inputs that the last rows did not name.
  void CountAbsent(std::size_t rows = 1);
  const std::vector<std::int64_t>& absent() const { return absent_; }

  /// Whether some cell came as a text that is no marker of missing values.
  bool has_texts() const { return any_text_; }
  /// Number of a cell as it was sent; NaN for texts.
  double number(std::size_t input, std::size_t row) const { return columns_[input].numbers[row]; }

  /// Returns the rows with the types of training: texts are read as in training. Error: type-changed, with row and
  /// column of the first cell that does not convert.
  Result<table::Table> ToTable() const;
  /// Sets a cell for each input of the first row, as ToTable would hold it. Their texts live as long as the row does.
  Status ToCells(std::span<features::Cell> cells);

 private:
  struct Cells {
    std::vector<double> numbers;          ///< NaN where the cell is missing or a text
    std::vector<std::string_view> texts;  ///< empty while no text was seen; data() null where the cell is none
    std::size_t present_in = 0;           ///< number of rows when the input was named last
    std::string written;                  ///< the first row's number as a text
  };
  Error WrongType(std::size_t input, std::size_t row, std::string_view text) const;
  Result<table::ColumnPtr> ColumnOf(std::size_t input, table::Field& field) const;
  table::ColumnPtr Texts(const Cells& cells, bool with_numbers) const;
  Status ToCell(std::size_t input, features::Cell& cell);

  const ServedModel* model_ = nullptr;
  std::size_t rows_ = 0;
  bool any_text_ = false;
  std::vector<Cells> columns_;
  std::vector<std::int64_t> absent_;
  std::deque<std::string> owned_;
};

}  // namespace tagwerk::serve
