#include "metrics/decisions.h"

#include <algorithm>
#include <numeric>

#include "metrics/families.h"

namespace tagwerk::metrics {
namespace {

class DecisionMetric : public Resampled {
 public:
  DecisionMetric(const Scored& scored, DecisionStatistic statistic)
      : statistic_(statistic),
        num_classes_(scored.num_classes),
        positive_(scored.positive),
        weight_(scored.weight),
        rows_(scored.truth.size()) {
    const std::vector<std::int32_t> decided = Decide(scored);
    std::vector<std::uint64_t> cell(rows_.size());
    for (std::size_t i = 0; i < cell.size(); ++i)
      cell[i] = std::uint64_t(scored.truth[i]) * std::uint64_t(num_classes_) + std::uint64_t(decided[i]);
    std::iota(rows_.begin(), rows_.end(), 0u);
    std::stable_sort(rows_.begin(), rows_.end(), [&](std::uint32_t a, std::uint32_t b) { return cell[a] < cell[b]; });
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::uint64_t c = cell[rows_[i]];
      if (runs_.empty() || runs_.back().cell != c) runs_.push_back({c, i});
      runs_.back().end = i + 1;
    }
  }

  double At(std::span<const std::uint8_t> counts) const override {
    const auto k = std::size_t(num_classes_);
    ClassCounts sums{std::vector<double>(k), std::vector<double>(k), std::vector<double>(k)};
    std::size_t begin = 0;
    for (const Run& run : runs_) {
      const double weight = Weigh(begin, run.end, counts);
      begin = run.end;
      const std::size_t truth = run.cell / k, decided = run.cell % k;
      sums.truth[truth] += weight;
      sums.decided[decided] += weight;
      if (truth == decided) sums.hit[truth] += weight;
      sums.total += weight;
    }
    return sums.total > 0 ? statistic_(sums, positive_) : kUndefined;
  }
  double Cost() const override { return double(rows_.size()); }

 private:
  struct Run {
    std::uint64_t cell;
    std::size_t end;
  };

  double Weigh(std::size_t begin, std::size_t end, std::span<const std::uint8_t> counts) const {
    if (weight_.empty() && counts.empty()) return double(end - begin);
    if (weight_.empty()) {
      std::uint64_t sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += counts[rows_[i]];
      return double(sum);
    }
    const RowWeights weights(weight_, counts);
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += weights[rows_[i]];
    return sum;
  }

  DecisionStatistic statistic_;
  int num_classes_, positive_;
  std::span<const double> weight_;
  std::vector<std::uint32_t> rows_;
  std::vector<Run> runs_;
};

}  // namespace

std::vector<std::int32_t> Decide(const Scored& scored) {
  const std::size_t n = scored.truth.size(), k = std::size_t(scored.num_classes);
  std::vector<std::int32_t> decided(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = scored.scores.data() + i * k;
    if (scored.task == Task::kBinary)
      decided[i] = row[scored.positive] >= scored.threshold ? scored.positive : 1 - scored.positive;
    else
      decided[i] = std::int32_t(std::max_element(row, row + k) - row);
  }
  return decided;
}

std::unique_ptr<Resampled> OfDecisions(const Scored& scored, DecisionStatistic statistic) {
  if (CheckedRows(scored) == 0 || !AllFinite(scored.scores)) return Undefined();
  return std::make_unique<DecisionMetric>(scored, statistic);
}

}  // namespace tagwerk::metrics
