// How much of a large CSV file is kept when the time or the memory is limited.
#pragma once

#include <cstddef>
#include <vector>

#include "base/context.h"
#include "io/csv_chunk.h"
#include "table/read_result.h"

namespace tagwerk::io {

class CsvSource;

struct Sampling {
  table::Sampled shares;
  double rows_per_byte = 0;
  double bytes_per_row = 0;  ///< of the table
  bool by_memory = false;    ///< the memory limit decided

  bool TakesBlock(std::size_t k) const {
    if (shares.blocks >= 1.0 || k == 0) return true;
    return std::size_t(double(k) * shares.blocks) > std::size_t(double(k - 1) * shares.blocks);
  }
};

/// Returns the bytes that a table may take: a run holds it several times over (matrices of folds, predictions).
std::uint64_t TableBudget(std::uint64_t memory_limit);

/// Measures a stretch of the file and chooses shares so that reading takes at most `seconds` (0: all) and the
/// table stays within the memory.
Sampling ChooseSampling(const Context& context, const CsvSource& source, const std::vector<ColumnPlan>& plans,
                        double seconds);

}  // namespace tagwerk::io
