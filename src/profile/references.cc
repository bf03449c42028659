// References between tables; see references.h.
#include "profile/references.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/random.h"
#include "base/text.h"

namespace tagwerk::profile {
namespace {

constexpr double kLeastFound = 0.999;  ///< told as a reference with exceptions down to this share
constexpr double kLeastCovered = 0.5;  ///< of the keys, where only the values speak for a reference
constexpr std::int64_t kLeastDistinct = 20;

/// "customer_id" -> "customer", "Orders" -> "order": what a name is about.
std::string Stem(const std::string& name) {
  std::string stem;
  for (const char c : Lower(name)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) stem += c;
  }
  for (const std::string_view tail : {"id", "key", "code", "no", "nr", "fk"}) {
    if (stem.size() > tail.size() + 1 && stem.ends_with(tail)) {
      stem.resize(stem.size() - tail.size());
      break;
    }
  }
  if (stem.size() > 3 && stem.ends_with("ies")) return stem.substr(0, stem.size() - 3) + "y";
  if (stem.size() > 3 && stem.back() == 's' && stem[stem.size() - 2] != 's') stem.pop_back();
  return stem;
}

bool NamesMatch(const std::string& column, const std::string& key, const std::string& table) {
  if (Lower(column) == Lower(key)) return Lower(column) != "id";
  const std::string stem = Stem(column);
  return stem.size() >= 2 && (stem == Stem(table) || (Lower(key) != "id" && stem == Stem(key)));
}

bool Comparable(const table::Table& a, std::size_t column_a, const table::Table& b, std::size_t column_b) {
  return a.column(column_a).storage() == b.column(column_b).storage() &&
         a.field(column_a).integers == b.field(column_b).integers;
}

using Hashes = std::unordered_set<std::uint64_t>;

/// Hash of a row's values in some columns; 0: one of them is missing.
std::uint64_t KeyHash(const table::Table& table, const std::vector<std::size_t>& columns, std::size_t row) {
  std::uint64_t hash = 1;
  for (const std::size_t c : columns) {
    if (table.column(c).IsMissing(row)) return 0;
    hash = Mix64(hash, table.column(c).Hash(row));
  }
  return hash;
}

/// Hashes of a key over all rows.
Hashes KeyHashes(const table::Table& table, const std::vector<std::size_t>& key) {
  Hashes hashes;
  hashes.reserve(table.num_rows());
  for (std::size_t row = 0; row < table.num_rows(); ++row) hashes.insert(KeyHash(table, key, row));
  return hashes;
}

/// Looks every row up; gives up when too many are not found.
bool LookUp(const NamedTable& from, const std::vector<std::size_t>& columns, const Hashes& keys, Reference& reference) {
  std::int64_t rows = 0, lost = 0;
  Hashes used;
  const std::size_t all = from.table->num_rows();
  const double allowed = (1 - kLeastFound) * double(all);
  for (std::size_t row = 0; row < all; ++row) {
    const std::uint64_t hash = KeyHash(*from.table, columns, row);
    if (hash == 0) continue;
    ++rows;
    if (keys.contains(hash)) {
      used.insert(hash);
    } else if (double(++lost) > allowed) {
      return false;
    }
  }
  if (rows == 0) return false;
  reference.rows = rows;
  reference.found_share = 1 - double(lost) / double(rows);
  reference.covered_share = double(used.size()) / double(std::max<std::size_t>(1, keys.size()));
  return reference.found_share >= kLeastFound;
}

/// Whether values alone make chance unlikely: names that are many, or numbers that cover the key.
bool ValuesSpeak(const NamedTable& from, std::size_t column, const Reference& reference) {
  const std::int64_t distinct = (*from.columns)[column].distinct;
  if (distinct < kLeastDistinct) return false;
  if (from.table->column(column).storage() == table::Storage::kString) return true;
  return reference.covered_share >= kLeastCovered && (*from.columns)[column].max > 1000;
}

/// The columns of `from` that stand for a key of `to`: by name for several, each one for a single key.
std::vector<std::vector<std::size_t>> ReferenceCandidates(const NamedTable& from, const NamedTable& to,
                                                          const std::vector<std::size_t>& key) {
  std::vector<std::vector<std::size_t>> candidates;
  if (key.size() == 1) {
    for (std::size_t c = 0; c < from.table->num_columns(); ++c) {
      if (Comparable(*from.table, c, *to.table, key[0]) && (*from.columns)[c].distinct > 0) candidates.push_back({c});
    }
    return candidates;
  }
  std::vector<std::size_t> same;
  for (const std::size_t k : key) {
    const auto found = from.table->Find(to.table->field(k).name);
    if (!found || !Comparable(*from.table, *found, *to.table, k)) return {};
    same.push_back(*found);
  }
  return {same};
}

bool Better(const Reference& a, const Reference& b) {
  if (a.by_name != b.by_name) return a.by_name;
  if (a.found_share != b.found_share) return a.found_share > b.found_share;
  return a.covered_share > b.covered_share;
}

Json FieldNames(const std::vector<std::size_t>& columns, const table::Table& table) {
  Json names = Json::array();
  for (const std::size_t c : columns) names.push_back(table.field(c).name);
  return names;
}

}  // namespace

std::vector<Reference> FindReferences(const Context& context, const std::vector<NamedTable>& tables) {
  std::vector<Reference> found;
  for (std::size_t to = 0; to < tables.size(); ++to) {
    for (const auto& key : tables[to].dependencies->keys) {
      const Hashes keys = KeyHashes(*tables[to].table, key.columns);
      for (std::size_t from = 0; from < tables.size(); ++from) {
        if (from == to) continue;
        for (const auto& columns : ReferenceCandidates(tables[from], tables[to], key.columns)) {
          if (context.ShouldStop()) return found;
          Reference reference{.from = from, .to = to, .columns = columns, .key = key.columns};
          reference.by_name =
              columns.size() > 1 || NamesMatch(tables[from].table->field(columns[0]).name,
                                               tables[to].table->field(key.columns[0]).name, tables[to].name);
          if (!LookUp(tables[from], columns, keys, reference)) continue;
          if (reference.by_name || ValuesSpeak(tables[from], columns[0], reference)) found.push_back(reference);
        }
      }
    }
  }
  std::stable_sort(found.begin(), found.end(), Better);
  // One reference a column, and of two tables with the same key only one refers to the other.
  std::vector<Reference> kept;
  for (const Reference& reference : found) {
    const bool clash = std::any_of(kept.begin(), kept.end(), [&](const Reference& other) {
      const bool same_columns = other.from == reference.from && other.columns == reference.columns;
      const bool back = other.from == reference.to && other.to == reference.from && other.columns == reference.key;
      return same_columns || back;
    });
    if (!clash) kept.push_back(reference);
  }
  return kept;
}

Json ReferencesJson(const std::vector<Reference>& references, const std::vector<NamedTable>& tables) {
  Json json = Json::array();
  for (const Reference& r : references) {
    Json entry = Json::object();
    entry["table"] = tables[r.from].name;
    entry["columns"] = FieldNames(r.columns, *tables[r.from].table);
    entry["references"] = tables[r.to].name;
    entry["key"] = FieldNames(r.key, *tables[r.to].table);
    entry["found_share"] = r.found_share;
    entry["covered_share"] = r.covered_share;
    entry["rows"] = r.rows;
    entry["by_name"] = r.by_name;
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace tagwerk::profile
