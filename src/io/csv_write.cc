// CSV text of tables.
#include "io/csv_write.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace tagwerk::io {

void AppendCsvCell(std::string& out, std::string_view text, char delimiter) {
  bool quote = false;
  for (char c : text) quote |= c == delimiter || c == '"' || c == '\n' || c == '\r';
  if (!quote) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

void AppendCsvHeader(std::string& out, const table::Table& table, char delimiter) {
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    if (c > 0) out.push_back(delimiter);
    AppendCsvCell(out, table.field(c).name, delimiter);
  }
  out.push_back('\n');
}

std::string CellString(const table::Table& table, std::size_t column, std::size_t row) {
  const table::Column& values = table.column(column);
  if (values.IsMissing(row)) return "";
  if (values.storage() == table::Storage::kTimestamp) {
    return table::TimestampText((*values.timestamps())[row], table.field(column).date_only);
  }
  return values.Text(row);
}

void AppendCsvRows(std::string& out, const table::Table& table, std::size_t begin, std::size_t end, char delimiter) {
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t start = out.size();
    for (std::size_t c = 0; c < table.num_columns(); ++c) {
      if (c > 0) out.push_back(delimiter);
      const table::Column& column = table.column(c);
      if (column.IsMissing(row)) continue;
      if (column.storage() == table::Storage::kString) {
        AppendCsvCell(out, column.dictionary()->at((*column.codes())[row]), delimiter);
      } else {
        out += CellString(table, c, row);
      }
    }
    // A line without any text would not count as a row.
    if (out.size() == start && table.num_columns() == 1) out += "\"\"";
    out.push_back('\n');
  }
}

}  // namespace tagwerk::io
