// exp() from additions and multiplications only: the same bits on every processor, and a loop over it
// becomes vector code. Range reduction after Cody and Waite (1980), Taylor series of degree 13 on
// |r| <= ln(2)/2, relative error below 4e-16.
#pragma once

#include <bit>
#include <cstdint>

namespace tagwerk::learners::linear {

/// Returns e^x; arguments are limited to [-700, 700].
inline double Exp(double x) {
  constexpr double kRound = 0x1.8p52;  // adding it rounds to a whole number in the low bits
  x = x < -700.0 ? -700.0 : x;
  x = x > 700.0 ? 700.0 : x;
  const double shifted = x * 1.4426950408889634 + kRound;
  const double k = shifted - kRound;
  const double r = (x - k * 0x1.62e42fefa0000p-1) - k * 0x1.cf79abc9e3b3ap-40;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const std::uint64_t power = (std::bit_cast<std::uint64_t>(shifted) + 1023) << 52;
  return p * std::bit_cast<double>(power);
}

/// Returns 1 / (1 + e^-x).
inline double Sigmoid(double x) { return 1.0 / (1.0 + Exp(-x)); }

}  // namespace tagwerk::learners::linear
