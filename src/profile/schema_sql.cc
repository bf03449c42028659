// Tables as SQL; see schema_sql.h.
#include "profile/schema_sql.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

#include "base/text.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

using table::SemanticType;
using table::Storage;

constexpr std::size_t kLongestName = 63;  ///< bytes of an identifier in PostgreSQL
constexpr std::int64_t kMostDomain = 10, kLeastDomainRows = 100, kLeastOfValue = 5;
constexpr std::size_t kMostUnique = 3, kMostSplit = 5;

/// Cuts at a whole character, replaces control characters, and makes names differ in any case of letters
/// (SQLite does not tell cases apart).
std::vector<std::string> Identifiers(const std::vector<std::string>& names) {
  std::vector<std::string> identifiers;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    std::string plain;
    for (const char c : name) plain += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '_' : c;
    if (plain.empty()) plain = "column";
    const auto cut = [](std::string text, std::size_t length) {
      if (text.size() <= length) return text;
      while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
      text.resize(length);
      return text;
    };
    std::string own = cut(plain, kLongestName);
    for (int n = 2; !taken.insert(Lower(own)).second; ++n) {
      const std::string tail = "_" + std::to_string(n);
      own = cut(plain, kLongestName - tail.size()) + tail;
    }
    identifiers.push_back(own);
  }
  return identifiers;
}

std::string Doubled(const std::string& text, char quote) {
  std::string doubled(1, quote);
  for (const char c : text) doubled += c == quote ? std::string(2, quote) : std::string(1, c);
  return doubled + quote;
}
std::string Name(const std::string& identifier) { return Doubled(identifier, '"'); }

/// A table of the schema: its columns under the names that the databases take.
struct SqlTable {
  std::string name;
  std::vector<std::string> columns;
  const NamedTable* source = nullptr;

  std::string Names(const std::vector<std::size_t>& of) const {
    std::string list;
    for (const std::size_t c : of) list += (list.empty() ? "" : ", ") + Name(columns[c]);
    return "(" + list + ")";
  }
};

/// Spellings that PostgreSQL takes for a truth value.
bool TruthSpelling(std::string_view text) {
  constexpr std::array<std::string_view, 10> kSpellings = {"true", "false", "t", "f",  "yes",
                                                           "no",   "y",     "n", "on", "off"};
  return std::find(kSpellings.begin(), kSpellings.end(), Lower(text)) != kSpellings.end();
}

std::string TypeOf(const NamedTable& from, std::size_t c) {
  const table::Field& field = from.table->field(c);
  const ColumnProfile& profile = (*from.columns)[c];
  switch (from.table->column(c).storage()) {
    case Storage::kTimestamp:
      return field.date_only ? "DATE" : "TIMESTAMP";
    case Storage::kString: {
      bool truth = field.type == SemanticType::kBoolean && !profile.top.empty();
      for (const TopValue& value : profile.top) truth &= TruthSpelling(value.value);
      return truth ? "BOOLEAN" : "TEXT";
    }
    case Storage::kDouble:
      break;
  }
  if (!field.integers || profile.distinct == 0) return "DOUBLE PRECISION";
  return std::fabs(profile.min) < 2147483648.0 && std::fabs(profile.max) < 2147483648.0 ? "INTEGER" : "BIGINT";
}

bool PlainValue(const std::string& text) {
  return text.size() <= 60 && std::none_of(text.begin(), text.end(),
                                           [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// CHECK of a column with few values, each seen often enough to be the rule; "" if none.
std::string DomainOf(const NamedTable& from, std::size_t c, const std::string& name) {
  const ColumnProfile& profile = (*from.columns)[c];
  const bool text = from.table->column(c).storage() == Storage::kString;
  const bool flag = from.table->column(c).storage() == Storage::kDouble && from.table->field(c).integers &&
                    profile.distinct == 2 && profile.min == 0 && profile.max == 1;
  if (profile.rows - profile.missing < kLeastDomainRows) return "";
  if (flag) return " CHECK (" + name + " IN (0, 1))";
  if (!text || profile.distinct > kMostDomain || std::int64_t(profile.top.size()) != profile.distinct) return "";
  std::string values;
  for (const TopValue& value : profile.top) {
    if (value.count < kLeastOfValue || !PlainValue(value.value)) return "";
    values += (values.empty() ? "" : ", ") + Doubled(value.value, '\'');
  }
  return " CHECK (" + name + " IN (" + values + "))";
}

/// The key that names the rows: a single one named so, else the first single one, else the first.
const Dependencies::Key* PrimaryKey(const NamedTable& from) {
  const auto& keys = from.dependencies->keys;
  for (const auto& key : keys) {
    const std::string name = Lower(from.table->field(key.columns[0]).name);
    if (key.columns.size() == 1 && (name == "id" || name.ends_with("id") || name.ends_with("key"))) return &key;
  }
  return keys.empty() ? nullptr : &keys.front();
}

bool HasKey(const NamedTable& table, const std::vector<std::size_t>& columns) {
  return std::any_of(table.dependencies->keys.begin(), table.dependencies->keys.end(),
                     [&](const auto& key) { return key.columns == columns; });
}

/// Referred tables first; references that would close a circle are taken out into `circular`.
std::vector<std::size_t> CreationOrder(std::size_t tables, std::vector<Reference>& references,
                                       std::vector<Reference>& circular) {
  std::vector<std::size_t> order;
  std::vector<bool> done(tables);
  while (order.size() < tables) {
    std::size_t next = tables;
    for (std::size_t t = 0; t < tables && next == tables; ++t) {
      const bool waits = std::any_of(references.begin(), references.end(),
                                     [&](const Reference& r) { return r.from == t && !done[r.to]; });
      if (!done[t] && !waits) next = t;
    }
    if (next == tables) {
      next = std::size_t(std::find(done.begin(), done.end(), false) - done.begin());
      const auto closes = [&](const Reference& r) { return r.from == next && !done[r.to]; };
      std::copy_if(references.begin(), references.end(), std::back_inserter(circular), closes);
      std::erase_if(references, closes);
    }
    done[next] = true;
    order.push_back(next);
  }
  return order;
}

std::string ReferenceClause(const std::vector<SqlTable>& tables, const Reference& r) {
  return "FOREIGN KEY " + tables[r.from].Names(r.columns) + " REFERENCES " + Name(tables[r.to].name) + " " +
         tables[r.to].Names(r.key);
}

std::string CreateTable(const std::vector<SqlTable>& tables, std::size_t t, const std::vector<Reference>& references) {
  const SqlTable& own = tables[t];
  const NamedTable& from = *own.source;
  std::vector<std::string> lines;
  for (std::size_t c = 0; c < own.columns.size(); ++c) {
    const bool filled = (*from.columns)[c].missing == 0 && (*from.columns)[c].rows > 0;
    lines.push_back(Name(own.columns[c]) + " " + TypeOf(from, c) + (filled ? " NOT NULL" : "") +
                    (TypeOf(from, c) == "BOOLEAN" ? "" : DomainOf(from, c, Name(own.columns[c]))));
  }
  const Dependencies::Key* primary = PrimaryKey(from);
  if (primary != nullptr) lines.push_back("PRIMARY KEY " + own.Names(primary->columns));
  std::size_t unique = 0;
  for (const auto& key : from.dependencies->keys) {
    if (&key == primary) continue;
    const bool referred = std::any_of(references.begin(), references.end(),
                                      [&](const Reference& r) { return r.to == t && r.key == key.columns; });
    if (referred || (key.columns.size() == 1 && unique++ < kMostUnique))
      lines.push_back("UNIQUE " + own.Names(key.columns));
  }
  for (const Reference& r : references) {
    if (r.from == t) lines.push_back(ReferenceClause(tables, r));
  }
  std::string sql = "CREATE TABLE " + Name(own.name) + " (\n";
  for (std::size_t i = 0; i < lines.size(); ++i) sql += "  " + lines[i] + (i + 1 < lines.size() ? ",\n" : "\n");
  return sql + ");\n";
}

std::string Commented(const std::string& text) {
  std::string out = "-- ";
  for (const char c : text) out += c == '\n' ? std::string("\n-- ") : std::string(1, c);
  return out + "\n";
}

/// Tables that exact dependencies would split off, as comments with the evidence.
std::string Splits(const SqlTable& own) {
  const NamedTable& from = *own.source;
  std::string out;
  std::set<std::size_t> moved;
  std::size_t told = 0;
  for (const auto& d : from.dependencies->dependencies) {
    if (told == kMostSplit) break;
    const bool repeats = 3 * d.groups <= d.rows;
    if (d.error > 0 || d.left.size() != 1 || !repeats || moved.contains(d.left[0]) || HasKey(from, d.left)) continue;
    std::vector<std::size_t> right;
    for (const std::size_t c : d.right) {
      if (!moved.contains(c)) right.push_back(c);
    }
    if (right.empty()) continue;
    moved.insert(right.begin(), right.end());
    ++told;
    std::string sql = own.Names(d.left) + " determines " + own.Names(right) + " in all " + Count(d.rows) + " rows (" +
                      Count(d.groups) + " values): a table of its own would hold each once.\n";
    const std::string name = Identifiers({own.name + "_" + own.columns[d.left[0]]})[0];
    sql += "CREATE TABLE " + Name(name) + " (\n  " + Name(own.columns[d.left[0]]) + " " + TypeOf(from, d.left[0]) +
           " PRIMARY KEY";
    for (const std::size_t c : right) sql += ",\n  " + Name(own.columns[c]) + " " + TypeOf(from, c);
    sql += "\n);\nINSERT INTO " + Name(name) + " SELECT DISTINCT " + Name(own.columns[d.left[0]]);
    for (const std::size_t c : right) sql += ", " + Name(own.columns[c]);
    sql += " FROM " + Name(own.name) + " WHERE " + Name(own.columns[d.left[0]]) + " IS NOT NULL;";
    out += Commented(sql);
  }
  return out;
}

}  // namespace

std::string SchemaSql(const std::vector<NamedTable>& tables, const std::vector<Reference>& references,
                      SqlDialect dialect) {
  std::vector<std::string> names;
  for (const NamedTable& table : tables) names.push_back(table.name);
  names = Identifiers(names);
  std::vector<SqlTable> sql_tables;
  for (std::size_t t = 0; t < tables.size(); ++t)
    sql_tables.push_back({names[t], Identifiers(tables[t].table->names()), &tables[t]});
  std::vector<Reference> firm, loose;
  for (const Reference& r : references) (r.found_share == 1 ? firm : loose).push_back(r);
  std::vector<Reference> circular;
  const std::vector<std::size_t> order = CreationOrder(tables.size(), firm, circular);
  loose.insert(loose.end(), circular.begin(), circular.end());

  std::string out = "-- Proposed by tagwerk profile from the values; keys and references held in every row seen.\n";
  if (dialect == SqlDialect::kSqlite) out += "PRAGMA foreign_keys = ON;\n";
  if (dialect == SqlDialect::kPostgresql) out += "BEGIN;\n";
  for (const std::size_t t : order) {
    const NamedTable& from = tables[t];
    out += "\n-- " + Count(std::int64_t(from.table->num_rows())) + " rows" +
           (from.dependencies->sampled ? "; keys of several columns and dependencies were not looked for in all of them"
                                       : "") +
           "\n" + CreateTable(sql_tables, t, firm);
  }
  if (dialect == SqlDialect::kPostgresql) out += "\nCOMMIT;\n";
  if (!loose.empty()) out += "\n-- Not declared: these hold in nearly all rows, or would close a circle.\n";
  for (const Reference& r : loose)
    out += Commented(Name(names[r.from]) + ": " + ReferenceClause(sql_tables, r) + " (" +
                     fmt::format("{:.4g}", 100 * r.found_share) + " % of " + Count(r.rows) + " rows)");
  std::string splits;
  for (const SqlTable& own : sql_tables) splits += Splits(own);
  if (!splits.empty()) out += "\n-- Normal form: values that depend on one column only.\n" + splits;
  return out;
}

std::vector<std::string> TableNames(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    std::string name = std::filesystem::path(path).filename().string();
    for (const char* tail : {".gz", ".zst", ".zip"}) {
      if (name.ends_with(tail)) name.resize(name.size() - std::string_view(tail).size());
    }
    const auto dot = name.rfind('.');
    if (dot != std::string::npos && dot > 0) name.resize(dot);
    names.push_back(path == "-" || name.empty() ? "data" : name);
  }
  return Identifiers(names);
}

}  // namespace tagwerk::profile
