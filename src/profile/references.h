// References between tables: columns all of whose values occur in a key of another table (inclusion
// dependencies). Small whole numbers lie in every list of small whole numbers, so inclusion alone is no
// evidence: names must match, or the values be such that chance does not give it.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "profile/dependencies.h"

namespace tagwerk::profile {

/// A profiled table under its name in the schema.
struct NamedTable {
  std::string name;
  const table::Table* table = nullptr;
  const std::vector<ColumnProfile>* columns = nullptr;
  const Dependencies* dependencies = nullptr;
};

struct Reference {
  std::size_t from = 0, to = 0;           ///< tables
  std::vector<std::size_t> columns, key;  ///< columns of `from`, key columns of `to`
  double found_share = 1;                 ///< rows of `from` with a value whose value is in the key
  double covered_share = 0;               ///< keys of `to` that are referred to
  std::int64_t rows = 0;
  bool by_name = false;
};

/// At most one reference a column; those that hold in every row first.
std::vector<Reference> FindReferences(const Context& context, const std::vector<NamedTable>& tables);
Json ReferencesJson(const std::vector<Reference>& references, const std::vector<NamedTable>& tables);

}  // namespace tagwerk::profile
