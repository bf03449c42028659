// Decimal digits to the nearest double: eight digits at a time (Lemire 2021, "Number parsing at a gigabyte per
// second", sections 4 and 5), scaled by the method of Eisel and Lemire (same paper, section 8), which is exact.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/text.h"

namespace tagwerk::table {
namespace decimal {

__extension__ using Wide = unsigned __int128;

inline constexpr std::uint64_t kLargestExact = 1ULL << 53;
inline constexpr int kExactTen = 22;     ///< 10^22 is a double
inline constexpr int kLargestFive = 27;  ///< 5^27 < 2^63
inline constexpr std::array<double, kExactTen + 1> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// The upper 128 bits of a power of five, of 5^-27 to 5^27; those of negative powers are rounded up.
struct Power {
  std::uint64_t high = 0, low = 0;
};

constexpr Power PowerOfFive(int exponent) {
  std::uint64_t five = 1;
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i) five *= 5;
  if (exponent >= 0) return {five << std::countl_zero(five), 0};
  // floor(2^(z + 127) / five) + 1 with z = bits of `five`, by long division, 32 bits of the dividend's zeros at a time.
  const int z = 64 - std::countl_zero(five);
  Wide rest = Wide(1) << (z - 1), quotient = 0;  // 2^(z + 127) = 2^(z - 1) * 2^128
  for (int i = 0; i < 128; ++i) {
    rest <<= 1;
    quotient <<= 1;
    if (rest >= five) {
      rest -= five;
      quotient |= 1;
    }
  }
  ++quotient;
  return {std::uint64_t(quotient >> 64), std::uint64_t(quotient)};
}

inline constexpr auto kPowersOfFive = [] {
  std::array<Power, 2 * kLargestFive + 1> powers;
  for (int i = 0; i < int(powers.size()); ++i) powers[std::size_t(i)] = PowerOfFive(i - kLargestFive);
  return powers;
}();

inline std::uint64_t Load8(const char* p) {
  std::uint64_t bytes;
  std::memcpy(&bytes, p, 8);
  return bytes;
}

inline bool EightDigits(std::uint64_t bytes) {
  return (((bytes + 0x4646464646464646) | (bytes - 0x3030303030303030)) & 0x8080808080808080) == 0;
}

inline std::uint64_t ValueOfEight(std::uint64_t bytes) {
  constexpr std::uint64_t kMask = 0x000000FF000000FF;
  bytes -= 0x3030303030303030;
  bytes = bytes * 10 + (bytes >> 8);  // pairs
  return (((bytes & kMask) * 0x000F424000000064) + (((bytes >> 16) & kMask) * 0x0000271000000001)) >> 32;
}

/// Eisel and Lemire: the product of the normalised mantissa with the power's upper bits settles the rounding.
inline double Scaled(std::uint64_t mantissa, int exponent) {
  const int zeros = std::countl_zero(mantissa);
  const Power& power = kPowersOfFive[std::size_t(exponent + kLargestFive)];
  const std::uint64_t normal = mantissa << zeros;
  const Wide product = Wide(normal) * power.high;
  std::uint64_t high = std::uint64_t(product >> 64), low = std::uint64_t(product);
  if ((high & 0x1FF) == 0x1FF) {  // the lower bits of the power could carry into those that count
    const std::uint64_t more = std::uint64_t((Wide(normal) * power.low) >> 64);
    low += more;
    high += low < more;
  }
  const int upper = int(high >> 63);
  const int shift = upper + 9;
  std::uint64_t bits = high >> shift;  // 54 bits: one more than a double has
  // 217706 / 65536 is log2(10) closely enough: floor(exponent * log2(10)).
  int binary = ((217706 * exponent) >> 16) + 63 + upper - zeros + 1023;
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (bits & 3) == 1 && bits << shift == high) bits &= ~1ULL;
  bits += bits & 1;
  bits >>= 1;
  if (bits >= 2ULL << 52) {
    bits = 1ULL << 52;
    ++binary;
  }
  return std::bit_cast<double>((bits & ~(1ULL << 52)) | (std::uint64_t(binary) << 52));
}

}  // namespace decimal

/// Appends the digits from `p` on to `mantissa` (modulo 2^64); returns where they end, at most `end`.
inline const char* TakeDigits(const char* p, const char* end, std::uint64_t& mantissa) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - p >= 8) {
      const std::uint64_t bytes = decimal::Load8(p);
      if (!decimal::EightDigits(bytes)) break;
      mantissa = mantissa * 100'000'000 + decimal::ValueOfEight(bytes);
      p += 8;
    }
  }
  for (; p != end && IsDigit(*p); ++p) mantissa = mantissa * 10 + unsigned(*p - '0');
  return p;
}

/// Returns the double nearest to mantissa * 10^exponent, ties to even; nothing where another method must.
inline std::optional<double> NearestDouble(std::uint64_t mantissa, int exponent) {
  if (mantissa <= decimal::kLargestExact && exponent >= -decimal::kExactTen && exponent <= decimal::kExactTen) {
    const double value = double(mantissa);
    return exponent < 0 ? value / decimal::kPowersOfTen[std::size_t(-exponent)]
                        : value * decimal::kPowersOfTen[std::size_t(exponent)];
  }
  if (mantissa == 0) return 0.0;
  // 19 digits by 10^-27 to 10^27 is far from the smallest and the largest double.
  if (exponent < -decimal::kLargestFive || exponent > decimal::kLargestFive) return std::nullopt;
  return decimal::Scaled(mantissa, exponent);
}

}  // namespace tagwerk::table
