// Sketches of large columns in fixed memory: distinct count (HyperLogLog, Flajolet et al. 2007, with
// Ertl's improved estimator, 2017) and quantiles (KLL, Karnin, Lang & Liberty 2016). Both merge, and
// both are deterministic: the same values in the same order give the same answer.
#pragma once

#include <cstdint>
#include <vector>

namespace tagwerk::stats {

/// Counts distinct 64-bit hashes; standard error 1.04 / sqrt(2^precision), 1.6 % at 12.
class DistinctSketch {
 public:
  explicit DistinctSketch(int precision = 12);
  void Add(std::uint64_t hash);
  void Merge(const DistinctSketch& other);  ///< same precision
  double Estimate() const;

 private:
  int precision_;
  std::vector<std::uint8_t> registers_;
};

/// Quantiles of a stream of numbers with a rank error of about 1.7 / k.
class QuantileSketch {
 public:
  explicit QuantileSketch(int k = 400);
  void Add(double value);
  void Merge(const QuantileSketch& other);
  double count() const { return count_; }
  /// Returns approximate quantiles at ascending shares; NaN when empty. Minimum and maximum are exact.
  std::vector<double> Quantiles(const std::vector<double>& shares) const;

 private:
  std::size_t Capacity(std::size_t level) const;
  void Compress();

  int k_;
  double count_ = 0, min_ = 0, max_ = 0;
  std::vector<std::vector<double>> levels_;  ///< items of level l stand for 2^l values
  std::uint64_t coin_ = 0;                   ///< which half survives a compaction; alternates by a hash
};

}  // namespace tagwerk::stats
