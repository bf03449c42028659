// Column names: blanks trimmed, blank names become column_N, repeated ones get _2, _3 (experience 9.4).
#pragma once

#include <string>
#include <vector>

#include "table/read_result.h"

namespace tagwerk::io {

struct Names {
  std::vector<std::string> original;
  std::vector<std::string> unique;
};

/// Makes names as the model uses them from names as the file has them.
Names MakeNames(std::vector<std::string> original);
/// Adds the notes column.name_trimmed and read.names for names that were changed.
void NoteNames(const Names& names, std::vector<table::ReadNote>& notes);

}  // namespace tagwerk::io
