// Logit, its inverse and the clip that keeps both finite.
#pragma once

#include <algorithm>
#include <cmath>

namespace tagwerk::pipeline {

inline double ClipProbability(double p) { return std::min(std::max(p, 1e-15), 1 - 1e-15); }
inline double Logit(double p) {
  p = ClipProbability(p);
  return std::log(p) - std::log1p(-p);
}
inline double Sigmoid(double z) { return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z)); }

}  // namespace tagwerk::pipeline
