// Random numbers that depend only on what they are seeded with: the same on every machine and for
// every number of threads. Hash64 is the counter-based form (splitmix64, Steele et al. 2014).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tagwerk {

/// Mixes a 64-bit value (splitmix64 finaliser); bijective.
constexpr std::uint64_t Mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr std::uint64_t Mix64(std::uint64_t a, std::uint64_t b) { return Mix64(Mix64(a) ^ b); }
constexpr std::uint64_t Mix64(std::uint64_t a, std::uint64_t b, std::uint64_t c) { return Mix64(Mix64(a, b) ^ c); }
/// Maps 64 random bits to [0, 1).
constexpr double ToUnit(std::uint64_t bits) { return double(bits >> 11) * 0x1.0p-53; }

/// A sequential generator; satisfies UniformRandomBitGenerator.
class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed) : state_(seed) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~0ULL; }
  result_type operator()() { return Next(); }
  std::uint64_t Next() { return Mix64(state_ += 0x9e3779b97f4a7c15ULL); }
  double Uniform() { return ToUnit(Next()); }
  /// Returns an integer in [0, n), n > 0.
  std::uint64_t Below(std::uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return std::uint64_t((Wide(Next()) * n) >> 64);
  }
  double Normal();  ///< standard normal

 private:
  std::uint64_t state_;
};

/// Shuffles in place (Fisher-Yates).
template <class T>
void Shuffle(std::vector<T>& items, Random& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.Below(i)]);
}

}  // namespace tagwerk
