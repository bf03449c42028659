// Vectorised sort; see sort.h. Numbers are sorted as keys, so that the order of -0 and 0 is settled.
#include "base/sort.h"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <bit>

namespace tagwerk {
namespace {

constexpr std::size_t kLeastForVectors = 256;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

/// Bits whose order as whole numbers is that of the doubles: negative ones reversed, positive ones above.
std::uint64_t Ordered(std::uint64_t bits) { return (bits & kSign) != 0 ? ~bits : bits | kSign; }
std::uint64_t FromOrdered(std::uint64_t key) { return (key & kSign) != 0 ? key & ~kSign : ~key; }

void SortKeys(std::uint64_t* keys, std::size_t n) {
  hwy::Sorter sorter;
  sorter(keys, n, hwy::SortAscending());
}

}  // namespace

void SortHashes(std::vector<std::uint64_t>& hashes) {
  if (hashes.size() < kLeastForVectors) {
    std::sort(hashes.begin(), hashes.end());
  } else {
    SortKeys(hashes.data(), hashes.size());
  }
}

void SortNumbers(std::vector<double>& values) {
  std::vector<std::uint64_t> keys(values.size());
  std::transform(values.begin(), values.end(), keys.begin(),
                 [](double value) { return Ordered(std::bit_cast<std::uint64_t>(value)); });
  SortHashes(keys);
  std::transform(keys.begin(), keys.end(), values.begin(),
                 [](std::uint64_t key) { return std::bit_cast<double>(FromOrdered(key)); });
}

}  // namespace tagwerk
