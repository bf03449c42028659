// Splits CSV text into records and cells (RFC 4180 and the dirt of real files). Cells are views into
// the text; nothing is copied. Where a record begins never depends on how the text was cut into chunks.
//
// Dirt: a quote inside an unquoted cell is a letter; a quote inside a quoted cell that no delimiter
// follows is a letter too, but then the cell may not span lines. A quoted cell that is never closed, or
// that swallowed lines, costs one physical line: reading goes on with the next one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tagwerk::io {

/// How a CSV file is written.
struct Dialect {
  char delimiter = ',';
  char quote = '"';     ///< 0: none
  char newline = '\n';  ///< '\r' for old Macintosh files
  /// Any run of blanks and tabs is one delimiter, blanks around the line are none (delimiter is ' ').
  bool blank_runs = false;
};

struct Cell {
  const char* begin = nullptr;
  std::uint32_t length = 0;
  bool quoted = false;
  bool doubled = false;  ///< holds doubled quotes

  std::string_view raw() const { return {begin, length}; }
};

/// Returns the cell without blanks around it and with doubled quotes undone (in `buffer`).
std::string_view CellText(const Cell& cell, char quote, std::string& buffer);

enum class RecordKind : std::uint8_t {
  kRecord,
  kBlank,      ///< a line without any text
  kOpenQuote,  ///< malformed: quoting does not end where it must; one physical line
  kTooLong,    ///< longer than kLongestRecord
  kEnd,
};

inline constexpr std::size_t kLongestRecord = 64'000'000;

class RecordScanner {
 public:
  /// Stores at most `max_cells` cells of a record; further ones are only counted.
  RecordScanner(std::string_view text, const Dialect& dialect, std::size_t max_cells)
      : text_(text), dialect_(dialect), max_cells_(max_cells) {}

  /// Reads the record that starts at position().
  RecordKind Next();

  const std::vector<Cell>& cells() const { return cells_; }
  std::size_t num_cells() const { return num_cells_; }
  std::size_t position() const { return position_; }
  std::size_t record_begin() const { return begin_; }
  std::size_t record_lines() const { return lines_; }  ///< physical lines of this record
  bool open_quote() const { return open_quote_; }      ///< of a record that is too long
  void Seek(std::size_t position);

 private:
  std::size_t NextMark(std::size_t from);
  void LoadBlock(std::size_t start);
  bool QuotedCell(std::size_t& p);
  bool TooLong(std::size_t p);
  bool Split(std::size_t& p);
  bool SplitAtBlanks(std::size_t& p);
  RecordKind RejectLine();

  std::string_view text_;
  Dialect dialect_;
  std::size_t max_cells_;
  std::vector<Cell> cells_;
  std::size_t num_cells_ = 0;
  std::size_t position_ = 0, begin_ = 0, lines_ = 0;
  std::size_t block_ = std::size_t(-1);
  std::uint64_t marks_ = 0;
  bool open_quote_ = false, too_long_ = false;
};

}  // namespace tagwerk::io
