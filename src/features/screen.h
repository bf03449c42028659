// A quick look at whether a feature tells something of the target that single columns do not.
#pragma once

#include <cstdint>
#include <vector>

#include "features/features.h"

namespace tagwerk::features {

/// A sample of the training rows with what an additive model of the single columns leaves of the target: the
/// residuals of cyclic least squares on bins (a generalised additive model, Hastie and Tibshirani 1986).
/// Classification: of the indicators of the most frequent classes.
class Screen {
 public:
  static constexpr std::size_t kMostRows = 10000;
  static constexpr std::uint16_t kBins = 32;

  explicit Screen(const FitInput& input);

  const table::Rows& rows() const { return rows_; }
  /// Bins of numbers by quantiles, the last one for what is missing.
  std::vector<std::uint32_t> BinsOf(const std::vector<double>& values, std::size_t& count) const;
  /// Share of the residuals that the bins explain: fitted on one half of the rows, counted on the other, both
  /// ways. Below or near 0 for noise.
  double Gain(const std::vector<std::uint32_t>& bins, std::size_t count) const {
    return GainOf(residual_, bins, count);
  }
  /// The same after the residuals were shuffled: what a feature without a relation gets.
  double ShuffledGain(const std::vector<std::uint32_t>& bins, std::size_t count) const {
    return GainOf(shuffled_, bins, count);
  }
  /// Takes what the bins explain out of the residuals; `part`: share of it.
  void Remove(const std::vector<std::uint32_t>& bins, std::size_t count, double part);
  /// Shuffles the residuals as they are now for ShuffledGain.
  void Shuffle();

 private:
  double GainOf(const std::vector<double>& residual, const std::vector<std::uint32_t>& bins, std::size_t count) const;
  table::Rows rows_;
  std::vector<std::uint8_t> half_;
  std::size_t targets_ = 1;
  std::vector<double> residual_, shuffled_;  ///< rows x targets
  std::uint64_t seed_;
};

}  // namespace tagwerk::features
