// How much of a large CSV file is read when the time is limited.
#pragma once

#include <cstddef>
#include <vector>

#include "base/context.h"
#include "io/csv_chunk.h"

namespace tagwerk::io {

class CsvSource;

struct Sampling {
  double row_share = 1.0;    ///< rows kept, by hash of their bytes; every byte is looked at
  double block_share = 1.0;  ///< blocks read, evenly spaced; all their rows are kept
  double rows_per_byte = 0;

  double share() const { return row_share * block_share; }
  bool TakesBlock(std::size_t k) const {
    if (block_share >= 1.0 || k == 0) return true;
    return std::size_t(double(k) * block_share) > std::size_t(double(k - 1) * block_share);
  }
};

/// Measures a stretch of the file and chooses shares so that reading takes at most `seconds` (0: all).
Sampling ChooseSampling(const Context& context, const CsvSource& source, const std::vector<ColumnPlan>& plans,
                        double seconds);

}  // namespace tagwerk::io
