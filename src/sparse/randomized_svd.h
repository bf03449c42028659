// Leading right singular vectors of a sparse matrix (latent semantic analysis).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "sparse/csr.h"

namespace tagwerk::sparse {

/// Components of rows x -> x V.
struct Components {
  std::size_t count = 0;
  std::vector<float> v;          ///< feature-major: v[f * count + k]; columns are orthonormal
  std::vector<double> singular;  ///< of the rows it was fitted on, descending

  std::uint32_t width() const { return static_cast<std::uint32_t>(count == 0 ? 0 : v.size() / count); }
  /// Writes the `count` components of a row.
  void Project(std::span<const std::uint32_t> indices, std::span<const float> values, float* out) const;
};

/// Randomised range finder with `power` iterations and an oversampling of 10 (Halko, Martinsson and Tropp
/// 2011, algorithms 4.4 and 5.1) on the given rows, features below `width`. Signs are fixed: the entry of
/// largest size of each vector is positive. Gives fewer components when the rank is lower; none when it
/// was stopped.
Components RandomizedSvd(const Context& context, const Csr& x, std::span<const std::uint32_t> rows, std::uint32_t width,
                         std::size_t count, int power, std::uint64_t seed);

}  // namespace tagwerk::sparse
