// The schema as numbered steps forward: migrations/NNNN_name.sql, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace tagwerk::store {

struct Migration {
  int version = 0;
  std::string_view name, sql;
};

/// Returns all steps, in order; the last one's version is the schema of this program.
std::span<const Migration> Migrations();

}  // namespace tagwerk::store
