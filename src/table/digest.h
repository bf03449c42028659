// Row hashes of a whole table by all threads, and what sorting them tells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/threads.h"
#include "table/table.h"

namespace tagwerk::table {

struct Digest {
  std::string fingerprint;         ///< that of Table::Fingerprint()
  std::int64_t repeats = 0;        ///< rows that repeat another one
  std::int64_t repeated_sets = 0;  ///< sets of equal rows with more than one row
};

Digest MakeDigest(const Table& table, Pool& pool);

/// Returns table.RowHashes().
std::vector<std::uint64_t> RowHashes(const Table& table, Pool& pool);

}  // namespace tagwerk::table
