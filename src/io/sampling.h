// How much of a large CSV file is read when the time is limited.
#pragma once

#include <cstddef>
#include <vector>

#include "base/context.h"
#include "io/csv_chunk.h"

namespace tagwerk::io {

class CsvSource;

struct Sampling {
  table::Sampled shares;
  double rows_per_byte = 0;

  bool TakesBlock(std::size_t k) const {
    if (shares.blocks >= 1.0 || k == 0) return true;
    return std::size_t(double(k) * shares.blocks) > std::size_t(double(k - 1) * shares.blocks);
  }
};

/// Measures a stretch of the file and chooses shares so that reading takes at most `seconds` (0: all).
Sampling ChooseSampling(const Context& context, const CsvSource& source, const std::vector<ColumnPlan>& plans,
                        double seconds);

}  // namespace tagwerk::io
