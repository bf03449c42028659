// Bootstrap (Efron & Tibshirani 1993): resamples as counts per row, so that a statistic whose sorting is
// done once costs O(n) per resample; intervals (percentile, BCa) and p-values from resampled values.
// Resample b depends on the seed and b alone: the same for any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/tests.h"

namespace tagwerk::stats {

/// Draws units with replacement: rows, or whole groups of rows when rows of a group belong together.
class Resampler {
 public:
  /// `groups`: group id of every row, empty = every row is a unit. `strata`: class of every row, empty =
  /// one class; with strata each class keeps its number of rows (ignored when there are groups).
  Resampler(std::size_t rows, std::span<const std::uint64_t> groups, std::span<const double> strata,
            std::uint64_t seed);

  std::size_t rows() const { return rows_; }
  std::size_t units() const { return units_; }
  /// Writes how often every row is in resample `b`. Thread-safe.
  void Draw(std::uint64_t b, std::span<std::uint8_t> counts) const;
  /// Writes 0 for the rows of a unit and 1 for all others (jackknife).
  void LeaveOut(std::size_t unit, std::span<std::uint8_t> counts) const;

 private:
  std::size_t rows_, units_;
  std::uint64_t seed_;
  std::vector<std::uint32_t> unit_of_row_;  ///< empty: row = unit
  std::vector<std::uint32_t> by_stratum_;   ///< rows sorted by class; empty: no strata
  std::vector<std::size_t> stratum_end_;
};

/// What is known of a statistic from its resamples.
struct BootstrapSample {
  double value = 0;               ///< on the rows themselves
  std::vector<double> resampled;  ///< NaN (undefined in that resample) are left out
  std::vector<double> jackknife;  ///< with each unit left out; empty: no BCa
  std::size_t units = 0;
};

/// Two-sided interval. BCa (Efron 1987) with jackknife values; else percentiles, widened for few units
/// by the factor t / z sqrt(u / (u - 1)) (Hesterberg 2015). NaN when most resamples are undefined or
/// there are fewer than two units.
Range BootstrapInterval(const BootstrapSample& sample, double level = 0.95);
/// Interval of a statistic that resampling inflates: reflected at the value (basic bootstrap), kept at
/// or above `floor` and wide enough to hold the value.
Range ReflectedInterval(const BootstrapSample& sample, double floor, double level = 0.95);
/// Two-sided p-value of "the difference is 0": share of resamples on the other side; where none is, the
/// t tail of value / sd, so that it is small but never 0.
double BootstrapP(const BootstrapSample& sample);

}  // namespace tagwerk::stats
