// Finds how a CSV file is written from its first records: delimiter, quote, line end, number of columns
// and whether the first line names the columns. Each answer comes with evidence.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "io/csv_scan.h"
#include "io/input.h"
#include "io/read.h"

namespace tagwerk::io {

/// A line before the table that does not fit it.
struct PrefaceLine {
  std::size_t begin = 0, end = 0;  ///< bytes
  std::int64_t line = 1;
  std::size_t num_cells = 0;
  bool open_quote = false;
};

struct CsvFormat {
  Dialect dialect;
  std::size_t num_columns = 0;
  bool header = false;
  bool second_header = false;  ///< a second line of labels was joined into the names
  /// The first row, when it had become the header: the names are its values, made unique.
  std::vector<std::string> recovered;
  std::vector<std::string> names;  ///< as in the file; column_N without a header
  std::size_t data_begin = 0;      ///< byte where the first data record starts
  std::int64_t data_line = 1;      ///< its physical line
  std::vector<PrefaceLine> preface;
  std::int64_t blank_lines = 0;  ///< before the data
  std::string delimiter_evidence, header_evidence;
};

/// Errors: file-empty, not-a-table, delimiter-unclear, line-too-long.
Result<CsvFormat> SniffCsv(const Input& input, const ReadOptions& options);

/// Returns the error not-a-table when the bytes are binary or a known other format.
Status CheckIsText(const Input& input);

/// Builds the error for a record beyond kLongestRecord.
Error LineTooLong(const std::string& path, std::string_view text, std::size_t begin, std::int64_t line,
                  bool open_quote);

}  // namespace tagwerk::io
