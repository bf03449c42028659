// Tables as CSV text (RFC 4180, LF): numbers in their shortest exact form, missing cells empty.
#pragma once

#include <string>
#include <string_view>

#include "table/table.h"

namespace tagwerk::io {

/// Appends a cell, quoted when it holds a delimiter, quote, line end, or blanks that a reader would trim.
void AppendCsvCell(std::string& out, std::string_view text, char delimiter);
/// Appends the line of column names.
void AppendCsvHeader(std::string& out, const table::Table& table, char delimiter);
/// Appends rows [begin, end).
void AppendCsvRows(std::string& out, const table::Table& table, std::size_t begin, std::size_t end, char delimiter);
/// Returns the text of one cell as it is written to text files ("" if missing).
std::string CellString(const table::Table& table, std::size_t column, std::size_t row);

}  // namespace tagwerk::io
