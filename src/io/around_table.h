// Lines of a CSV file around its table: remarks before the header and after the last row.
#pragma once

#include <string_view>
#include <vector>

#include "io/csv_read.h"

namespace tagwerk::io {

inline constexpr std::size_t kLongestPreamble = 30;  ///< lines before the header; as many may follow the last row

/// Marks remarks after the last row, such as the name of a source: they are no malformed rows.
void MarkFooter(std::string_view text, Chunk& chunk);

/// Notes what stood before the data besides one line of names.
void NoteHeader(const CsvFile& file, std::vector<table::ReadNote>& notes);

}  // namespace tagwerk::io
