// Rows of JSON objects as columns: what one stretch of a text holds, and several stretches joined.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "io/csv_chunk.h"
#include "io/input.h"
#include "io/missing.h"
#include "io/typed_table.h"

namespace tagwerk::io {

/// A column whose cells are numbers or texts; what is not there is missing.
struct JsonColumn {
  std::string name;
  std::vector<double> numbers;      // NaN where the cell is no number
  std::vector<std::int32_t> codes;  // -1 where the cell is no text
  table::DictionaryBuilder builder;
  std::shared_ptr<const table::Dictionary> dictionary;
  bool boolean = true;  // all texts are booleans
  bool nested = false;
  bool inexact = false;
};

/// Rows of a stretch of text.
struct JsonStretch {
  std::vector<JsonColumn> columns;
  std::unordered_map<std::string, std::size_t> by_name;
  std::vector<Reject> rejects;
  std::size_t begin = 0, end = 0, rows = 0;
  std::int64_t lines = 0, blank = 0;
  bool too_long = false, too_wide = false;

  /// Returns the column of a name, made if there is none; null when there are too many.
  JsonColumn* Find(const std::string& name);
  /// Adds a row. Nested objects are flattened with dots.
  void AddRow(const Json& object, const MissingMarkers& markers);
  /// Brings all columns to the number of rows; nothing can be added afterwards.
  void Finish();
};

/// Joins stretches to columns in the order in which their names first appear. Error: not-a-table.
Result<TypedSource> JoinStretches(const Context& context, const Input& input,
                                  const std::vector<JsonStretch>& stretches);

}  // namespace tagwerk::io
