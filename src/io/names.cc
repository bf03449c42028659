// Unique names, in the order of the columns; the same rule at training and prediction.
#include "io/names.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "base/text.h"

namespace tagwerk::io {

Names MakeNames(std::vector<std::string> original) {
  Names names;
  names.original = std::move(original);
  std::unordered_set<std::string> wanted;
  for (const std::string& name : names.original) wanted.insert(std::string(Trim(name)));
  std::unordered_set<std::string> used;
  std::unordered_map<std::string, std::size_t> next;  // number to try for a repeated name
  for (std::size_t i = 0; i < names.original.size(); ++i) {
    std::string base(Trim(names.original[i]));
    const bool blank = base.empty();
    if (blank) base = fmt::format("column_{}", i + 1);
    std::string name = base;
    // A made-up name never takes one that another column really has.
    std::size_t& n = next.try_emplace(base, 2).first->second;
    while (used.count(name) != 0 || ((blank || name != base) && wanted.count(name) != 0)) {
      name = fmt::format("{}_{}", base, n++);
    }
    used.insert(name);
    names.unique.push_back(std::move(name));
  }
  return names;
}

Result<Told> FindTold(const ReadOptions& options, const Names& names, const std::string& where) {
  Told told;
  for (const auto& [name, column] : options.told) {
    auto found = table::ResolveColumn(names.unique, name, "column-not-found", where);
    if (!found) {
      Error error = std::move(found).error();
      error.In(column.file).Line(column.line);
      return error;
    }
    if (column.form) told.forms[*found] = *column.form;
  }
  for (const auto& [name, type] : options.types) {
    TW_TRY(const std::size_t i, table::ResolveColumn(names.unique, name, "column-not-found", where));
    told.types[i] = type;
  }
  return told;
}

void NoteNames(const Names& names, std::vector<table::ReadNote>& notes) {
  std::vector<std::string> trimmed, renamed;
  Json trimmed_from = Json::array(), renamed_from = Json::array();
  for (std::size_t i = 0; i < names.unique.size(); ++i) {
    if (names.original[i] == names.unique[i]) continue;
    const bool only_trimmed = std::string(Trim(names.original[i])) == names.unique[i];
    (only_trimmed ? trimmed : renamed).push_back(names.unique[i]);
    (only_trimmed ? trimmed_from : renamed_from).push_back(names.original[i]);
  }
  if (!trimmed.empty()) {
    std::string text = fmt::format("{} column names had blanks around them, which are not kept: {}",
                                   Count(std::int64_t(trimmed.size())), Quoted(trimmed[0]));
    notes.push_back({"column.name_trimmed", trimmed, Json{{"original", trimmed_from}}, std::move(text)});
  }
  if (!renamed.empty()) {
    std::string text = fmt::format("{} column names were blank or repeated and were made unique: {}",
                                   Count(std::int64_t(renamed.size())), Quoted(renamed[0]));
    notes.push_back({"read.header", renamed, Json{{"original", renamed_from}}, std::move(text)});
  }
}

}  // namespace tagwerk::io
