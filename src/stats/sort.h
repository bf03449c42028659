// Sorting of long lists of numbers by their bits (least significant digit first, 11 bits at a time): several
// times as fast as comparing, and the same result as std::sort for numbers without NaN.
#pragma once

#include <cstdint>
#include <vector>

namespace tagwerk::stats {

/// Ascending; no NaN. -0 stands before 0.
void SortNumbers(std::vector<double>& values);
void SortHashes(std::vector<std::uint64_t>& hashes);

}  // namespace tagwerk::stats
