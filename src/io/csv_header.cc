// A header shows by a difference: text above numbers or times, or cells that never occur below them.
#include "io/csv_header.h"

#include <fmt/format.h>

#include <set>

#include "io/csv_header_rows.h"
#include "io/missing.h"
#include "io/names.h"
#include "table/number_text.h"

namespace tagwerk::io {

using table::NumberKind;
using table::NumberStyle;
using table::ParsedNumber;
using table::ParseNumber;

namespace {

struct Votes {
  std::size_t text_above_values = 0, value_above_values = 0;
  std::size_t repeated_below = 0, text_columns = 0, length_for = 0, length_against = 0;
  bool sequence = true;  // the numbers above are 1, 2, 3 or 2010, 2011, ...
};

void CountTextColumn(const RawRows& rows, std::size_t column, Votes& votes) {
  ++votes.text_columns;
  const std::string& top = rows[0][column];
  std::size_t length = rows[1][column].size();
  bool constant = true, repeated = false;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    repeated |= rows[r][column] == top;
    constant &= rows[r][column].size() == length;
  }
  votes.repeated_below += repeated && !top.empty();
  if (constant && rows.size() > 3) ++(top.size() == length ? votes.length_against : votes.length_for);
}

Votes CountVotes(const RawRows& rows, std::size_t width) {
  const MissingMarkers missing({}, true);
  Votes votes;
  double last = 0;
  for (std::size_t c = 0; c < width && c < rows[0].size(); ++c) {
    std::size_t values = 0, present = 0;
    for (std::size_t r = 1; r < rows.size() && r <= 200; ++r) {
      if (missing.Contains(rows[r][c])) continue;
      ++present;
      values += IsValue(rows[r][c]);
    }
    const std::string& top = rows[0][c];
    if (present == 0 || missing.Contains(top)) continue;
    if (values * 5 < present * 4) {
      CountTextColumn(rows, c, votes);
      continue;
    }
    if (!IsValue(top)) {
      ++votes.text_above_values;
      continue;
    }
    const ParsedNumber number = ParseNumber(top, NumberStyle::kPlain);
    votes.sequence &= number.kind == NumberKind::kNumber && (votes.value_above_values == 0 || number.value == last + 1);
    last = number.value;
    ++votes.value_above_values;
  }
  return votes;
}

bool AllDistinctText(const std::vector<std::string>& row) {
  std::set<std::string> seen;
  for (const std::string& cell : row) {
    if (IsValue(cell)) return false;
    if (!cell.empty() && !seen.insert(cell).second) return false;
  }
  return !seen.empty();
}

// 0, 1, 2, ... or 1, 2, 3, ...: what programs write above columns that have no names. The first cell may be empty,
// above row numbers.
bool CountsUp(const std::vector<std::string>& row) {
  const std::size_t skip = !row.empty() && row[0].empty() ? 1 : 0;
  if (row.size() < skip + 3 || (row[skip] != "0" && row[skip] != "1")) return false;
  const std::size_t first = row[skip] == "1" ? 1 : 0;
  for (std::size_t c = skip; c < row.size(); ++c)
    if (row[c] != std::to_string(first + c - skip)) return false;
  return true;
}

// Returns whether the first record holds the names that a model expects.
bool NamesAreExpected(const std::vector<std::string>& row, const ReadOptions& options) {
  const Names names = MakeNames(row);
  std::set<std::string> found(names.unique.begin(), names.unique.end());
  std::size_t hits = 0;
  for (const auto& field : options.expected) hits += found.count(field.name);
  return hits * 2 >= options.expected.size();
}

}  // namespace

bool DecideHeader(const RawRows& rows, const std::vector<std::string>& names, std::size_t width,
                  const ReadOptions& options, std::string& evidence) {
  if (options.header != Header::kAuto) {
    evidence = "told";
    return options.header == Header::kYes;
  }
  if (!options.expected.empty() && NamesAreExpected(names, options)) {
    evidence = "the first line holds the names that the model expects";
    return true;
  }
  if (rows.size() == 1) {
    evidence = "there is one line only";
    return AllDistinctText(rows[0]);
  }
  if (rows[0].size() == width && CountsUp(rows[0])) {
    evidence = "the first line counts the columns";
    return true;
  }
  const Votes votes = CountVotes(rows, width);
  if (votes.text_above_values > 0 || votes.value_above_values > 0) {
    const bool numbered = votes.sequence && votes.value_above_values >= 3;
    const bool header = votes.value_above_values == 0 || numbered || votes.text_above_values > votes.value_above_values;
    evidence = fmt::format("of the columns of numbers and times, {} start with text and {} with a value",
                           votes.text_above_values, votes.value_above_values);
    return header;
  }
  if (votes.repeated_below > 0) {
    evidence = fmt::format("{} cells of the first line occur again below it", votes.repeated_below);
    return false;
  }
  if (votes.length_against > votes.length_for) {
    evidence = "the first line has cells of the same length as all below";
    return false;
  }
  evidence = "the cells of the first line are distinct and do not occur below it";
  return AllDistinctText(rows[0]);
}

}  // namespace tagwerk::io
