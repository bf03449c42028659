// Column names: blanks trimmed, blank names become column_N, repeated ones get _2, _3 (experience 9.4).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/read.h"
#include "table/read_result.h"

namespace tagwerk::io {

struct Names {
  std::vector<std::string> original;
  std::vector<std::string> unique;
};

/// Makes names as the model uses them from names as the file has them.
Names MakeNames(std::vector<std::string> original);
/// What the user says of columns, by their position.
struct Told {
  std::map<std::size_t, table::SemanticType> types;
  std::map<std::size_t, table::ValueForm> forms;
};
/// Finds the columns that options.types and options.told name. Error: column-not-found, at the line of the schema
/// file that names it or in `where`.
Result<Told> FindTold(const ReadOptions& options, const Names& names, const std::string& where);

/// Adds the notes column.name_trimmed and read.names for names that were changed.
void NoteNames(const Names& names, std::vector<table::ReadNote>& notes);

}  // namespace tagwerk::io
