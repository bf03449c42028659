// exp in plain double arithmetic: the same bits on every machine, whatever its C library does.
#pragma once

#include <bit>
#include <cstdint>

namespace tagwerk::learners::trees {

/// Returns exp(x), about 1 ulp; arguments beyond +-708 are taken as +-708.
inline double Exponential(double x) {
  x = x < -708 ? -708 : (x > 708 ? 708 : x);
  const auto k = static_cast<std::int64_t>(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
  const double r = (x - double(k) * 6.93147180369123816490e-01) - double(k) * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800;  // Taylor series to r^13, |r| <= ln(2)/2
  constexpr double kInverse[] = {
      1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
      1.0 / 120,       1.0 / 24,       1.0 / 6,       0.5,          1.0,         1.0};
  for (const double c : kInverse) p = p * r + c;
  return p * std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

}  // namespace tagwerk::learners::trees
