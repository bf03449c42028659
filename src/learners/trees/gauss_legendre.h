// Gauss-Legendre quadrature on [0, 1].
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

namespace tagwerk::learners::trees {

struct Quadrature {
  std::vector<double> at, weight;  ///< exact for polynomials up to degree 2 n - 1
};

/// Newton's iteration on the Legendre polynomial from Tricomi's start values (Hale and Townsend 2013, 3.1).
inline Quadrature GaussLegendre(std::size_t n) {
  Quadrature out{std::vector<double>(n), std::vector<double>(n)};
  for (std::size_t i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (double(i) + 0.75) / (double(n) + 0.5)), slope = 1;
    for (int step = 0; step < 100; ++step) {
      double before = 1, value = x;
      for (std::size_t k = 2; k <= n; ++k) {
        const double next = ((2.0 * double(k) - 1) * x * value - (double(k) - 1) * before) / double(k);
        before = value;
        value = next;
      }
      slope = double(n) * (x * value - before) / (x * x - 1);
      const double change = value / slope;
      x -= change;
      if (std::abs(change) < 1e-16) break;
    }
    out.at[i] = (1 - x) / 2;
    out.weight[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return out;
}

}  // namespace tagwerk::learners::trees
