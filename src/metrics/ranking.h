// Rows in ascending order of a score with ties marked, and the rank statistics of a resample in one pass.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tagwerk::metrics {

/// Rows sorted by score; each entry carries whether the row is positive and whether it ends a run of
/// equal scores, so that a resample needs one sequential read and one gather.
class Ranking {
 public:
  Ranking(std::span<const double> scores, std::span<const std::uint8_t> positive);
  std::size_t size() const { return entries_.size(); }

  /// Area under the ROC curve by the Mann-Whitney statistic with midranks (Hanley & McNeil 1982).
  double Auc(std::span<const double> weight, std::span<const std::uint8_t> counts) const;
  /// sum (R_i - R_(i-1)) P_i over distinct thresholds, no interpolation.
  double AveragePrecision(std::span<const double> weight, std::span<const std::uint8_t> counts) const;
  /// Returns score - [positive] of every row, in ascending order of the score.
  std::vector<double> Gaps(std::span<const double> scores) const;
  /// Expected calibration error over `bins` bins of equal mass; equal scores share a bin.
  double CalibrationError(std::span<const double> gaps, std::span<const double> weight,
                          std::span<const std::uint8_t> counts, int bins) const;

 private:
  static constexpr std::uint32_t kPositive = 1u << 31, kEndsTie = 1u << 30, kRow = kEndsTie - 1;
  template <class T, class Weight>
  double AucOf(const Weight& weight) const;
  template <class T, class Weight>
  double AveragePrecisionOf(const Weight& weight) const;
  std::vector<std::uint32_t> entries_;
};

}  // namespace tagwerk::metrics
