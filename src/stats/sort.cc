// Radix sort; see sort.h.
#include "stats/sort.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace tagwerk::stats {
namespace {

constexpr std::size_t kLeastForRadix = 4096;
constexpr int kDigitBits = 11, kPasses = 6;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;

/// Bits whose order as whole numbers is that of the doubles: negative ones reversed, positive ones above.
std::uint64_t Ordered(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | (std::uint64_t{1} << 63);
}
double FromOrdered(std::uint64_t key) {
  return std::bit_cast<double>((key >> 63) != 0 ? key & ~(std::uint64_t{1} << 63) : ~key);
}

void RadixSort(std::vector<std::uint64_t>& keys) {
  std::vector<std::array<std::uint32_t, kDigits>> counts(kPasses);
  for (const std::uint64_t key : keys) {
    for (int pass = 0; pass < kPasses; ++pass)
      ++counts[std::size_t(pass)][(key >> (pass * kDigitBits)) & (kDigits - 1)];
  }
  std::vector<std::uint64_t> other(keys.size());
  for (int pass = 0; pass < kPasses; ++pass) {
    auto& count = counts[std::size_t(pass)];
    // A digit that is the same everywhere moves nothing.
    if (count[(keys[0] >> (pass * kDigitBits)) & (kDigits - 1)] == keys.size()) continue;
    std::uint32_t sum = 0;
    for (std::uint32_t& c : count) {
      const std::uint32_t own = c;
      c = sum;
      sum += own;
    }
    for (const std::uint64_t key : keys) other[count[(key >> (pass * kDigitBits)) & (kDigits - 1)]++] = key;
    keys.swap(other);
  }
}

}  // namespace

void SortHashes(std::vector<std::uint64_t>& hashes) {
  if (hashes.size() < kLeastForRadix || hashes.size() > UINT32_MAX) {
    std::sort(hashes.begin(), hashes.end());
  } else {
    RadixSort(hashes);
  }
}

void SortNumbers(std::vector<double>& values) {
  if (values.size() < kLeastForRadix || values.size() > UINT32_MAX) {
    std::sort(values.begin(), values.end());
    return;
  }
  std::vector<std::uint64_t> keys(values.size());
  std::transform(values.begin(), values.end(), keys.begin(), Ordered);
  RadixSort(keys);
  std::transform(keys.begin(), keys.end(), values.begin(), FromOrdered);
}

}  // namespace tagwerk::stats
