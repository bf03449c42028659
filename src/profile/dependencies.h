// Keys and functional dependencies of one table, found in its values: single and composite keys (minimal,
// up to three columns) and dependencies left -> right with up to two columns on the left, in the manner of
// TANE (Huhtala et al. 1999): partitions of the rows by value, error g3 = least share of rows to leave out
// so that the dependency holds (0 for two columns). What chance would give anyway is not told: a composite key must be
// unique although independent columns of these frequencies would collide, a dependency must hold on repeated values.
#pragma once

#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "profile/profile.h"

namespace tagwerk::profile {

/// A column's values as codes from 0; -1 = missing.
struct CodedColumn {
  std::vector<std::int32_t> codes;  ///< empty: left out
  std::int32_t size = 0;
  double collide = 1;  ///< chance that two rows agree
  double most = 1;     ///< share of the most frequent value
};
/// Returns no codes when there are more than `limit` distinct values.
CodedColumn CodeColumn(const table::Column& column, const table::Rows& rows, std::int32_t limit);

struct Dependencies {
  struct Key {
    std::vector<std::size_t> columns;
  };
  struct Dependency {
    std::vector<std::size_t> left;
    std::vector<std::size_t> right;
    double error = 0;         ///< g3, largest over `right`
    std::int64_t groups = 0;  ///< distinct values of `left`
    std::int64_t rows = 0;    ///< with a value on both sides
  };
  std::vector<Key> keys;                 ///< single ones first
  std::vector<Dependency> dependencies;  ///< one column on the left first
  std::int64_t rows = 0;                 ///< looked at
  bool sampled = false;
  std::int64_t columns = 0;  ///< looked at: those whose values repeat
};

Dependencies FindDependencies(const Context& context, const table::Table& table,
                              const std::vector<ColumnProfile>& columns);
Json KeysJson(const Dependencies& found, const table::Table& table);
Json DependenciesJson(const Dependencies& found, const table::Table& table);

}  // namespace tagwerk::profile
