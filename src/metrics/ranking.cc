#include "metrics/ranking.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "metrics/families.h"

namespace tagwerk::metrics {

Ranking::Ranking(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  const std::size_t n = scores.size();
  TW_CHECK(n == positive.size() && n <= kRow);
  std::vector<std::pair<double, std::uint32_t>> sorted(n);
  for (std::size_t i = 0; i < n; ++i) sorted[i] = {scores[i], std::uint32_t(i)};
  std::sort(sorted.begin(), sorted.end());
  entries_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const bool ends = i + 1 == n || sorted[i + 1].first != sorted[i].first;
    const std::uint32_t row = sorted[i].second;
    entries_[i] = row | (positive[row] ? kPositive : 0) | (ends ? kEndsTie : 0);
  }
}

// Counts stay integers while there are no weights: exact, and twice as fast as doubles.
template <class T, class Weight>
double Ranking::AucOf(const Weight& weight) const {
  T positives = 0, negatives = 0, pairs = 0, tied_positive = 0, tied = 0;  // pairs: twice the wins
  for (const std::uint32_t entry : entries_) {
    const T w = weight(entry & kRow);
    tied += w;
    tied_positive += entry & kPositive ? w : T(0);
    if (entry & kEndsTie) {
      const T tied_negative = tied - tied_positive;
      pairs += tied_positive * (2 * negatives + tied_negative);
      positives += tied_positive;
      negatives += tied_negative;
      tied = tied_positive = 0;
    }
  }
  if (!(positives > 0 && negatives > 0)) return kUndefined;
  return double(pairs) / (2.0 * double(positives) * double(negatives));
}

template <class T, class Weight>
double Ranking::AveragePrecisionOf(const Weight& weight) const {
  T hits = 0, taken = 0, tied_positive = 0, tied = 0;
  double sum = 0;
  const auto close_tie = [&] {
    hits += tied_positive;
    taken += tied;
    if (tied_positive > 0) sum += double(tied_positive) * (double(hits) / double(taken));
    tied = tied_positive = 0;
  };
  for (std::size_t i = entries_.size(); i-- > 0;) {
    const std::uint32_t entry = entries_[i];
    if (entry & kEndsTie) close_tie();
    const T w = weight(entry & kRow);
    tied += w;
    tied_positive += entry & kPositive ? w : T(0);
  }
  close_tie();
  return hits > 0 ? sum / double(hits) : kUndefined;
}

double Ranking::Auc(std::span<const double> weight, std::span<const std::uint8_t> counts) const {
  if (!weight.empty()) {
    const RowWeights weights(weight, counts);
    return AucOf<double>([&](std::uint32_t row) { return weights[row]; });
  }
  if (counts.empty()) return AucOf<std::int64_t>([](std::uint32_t) { return 1; });
  return AucOf<std::int64_t>([&](std::uint32_t row) { return std::int64_t(counts[row]); });
}

double Ranking::AveragePrecision(std::span<const double> weight, std::span<const std::uint8_t> counts) const {
  if (!weight.empty()) {
    const RowWeights weights(weight, counts);
    return AveragePrecisionOf<double>([&](std::uint32_t row) { return weights[row]; });
  }
  if (counts.empty()) return AveragePrecisionOf<std::int64_t>([](std::uint32_t) { return 1; });
  return AveragePrecisionOf<std::int64_t>([&](std::uint32_t row) { return std::int64_t(counts[row]); });
}

std::vector<double> Ranking::Gaps(std::span<const double> scores) const {
  std::vector<double> gaps(entries_.size());
  for (std::size_t i = 0; i < gaps.size(); ++i)
    gaps[i] = scores[entries_[i] & kRow] - (entries_[i] & kPositive ? 1.0 : 0.0);
  return gaps;
}

double Ranking::CalibrationError(std::span<const double> gaps, std::span<const double> weight,
                                 std::span<const std::uint8_t> counts, int bins) const {
  const RowWeights weights(weight, counts);
  double total = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) total += weights[i];
  if (!(total > 0)) return kUndefined;
  const double width = total / bins;
  double sum = 0, before = 0, tied = 0, tied_gap = 0, bin_gap = 0, bin_end = width;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const double w = weights[entries_[i] & kRow];
    tied += w;
    tied_gap += w * gaps[i];
    if (!(entries_[i] & kEndsTie)) continue;
    // The bin of a run of equal scores is the one that holds the middle of its mass.
    while (before + tied / 2 >= bin_end) {
      sum += std::abs(bin_gap);
      bin_gap = 0;
      bin_end += width;
    }
    bin_gap += tied_gap;
    before += tied;
    tied = tied_gap = 0;
  }
  return (sum + std::abs(bin_gap)) / total;
}

}  // namespace tagwerk::metrics
