// What the prediction benchmarks share: rows from a file, the clock, medians.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "base/files.h"
#include "model/matrix.h"

namespace tagwerk::learners::trees {

inline double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// "[least, median, most]".
inline std::string Spread(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return fmt::format("[{:.4g}, {:.4g}, {:.4g}]", times.front(), times[times.size() / 2], times.back());
}

/// A file of rows x columns doubles, row by row.
inline model::Matrix ReadRows(const char* file, std::size_t columns) {
  const std::string bytes = *ReadFile(file);
  const std::size_t rows = bytes.size() / 8 / columns;
  std::vector<model::MatrixColumn> made(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    std::vector<double> values(rows);
    for (std::size_t i = 0; i < rows; ++i) std::memcpy(&values[i], bytes.data() + 8 * (i * columns + j), 8);
    made[j].numeric = std::make_shared<const std::vector<double>>(std::move(values));
  }
  return {rows, std::move(made)};
}

}  // namespace tagwerk::learners::trees
