// A relational schema as SQL that SQLite and PostgreSQL both accept: tables with types, NOT NULL, keys,
// references and small domains; then, as comments, tables that its dependencies would split off.
#pragma once

#include <string>
#include <vector>

#include "profile/references.h"

namespace tagwerk::profile {

enum class SqlDialect : std::uint8_t { kBoth, kSqlite, kPostgresql };

/// Writes CREATE TABLE statements, referred tables first. A reference that would close a circle, or that
/// does not hold in every row, becomes a comment.
std::string SchemaSql(const std::vector<NamedTable>& tables, const std::vector<Reference>& references,
                      SqlDialect dialect);
/// "Order Items.csv" -> "Order Items": names of tables, distinct in any case of letters.
std::vector<std::string> TableNames(const std::vector<std::string>& paths);

}  // namespace tagwerk::profile
