// Metrics of two classes: of the ranking (AUC, average precision), of the probabilities (Brier), and of
// the decisions for the positive class (precision, recall, F1).
#include <cmath>

#include "metrics/decisions.h"
#include "metrics/families.h"
#include "metrics/ranking.h"

namespace tagwerk::metrics {
namespace {

class RankingMetric : public Resampled {
 public:
  using Statistic = double (Ranking::*)(std::span<const double>, std::span<const std::uint8_t>) const;
  RankingMetric(const Scored& scored, Statistic statistic)
      : ranking_(PositiveScores(scored), IsPositive(scored)), weight_(scored.weight), statistic_(statistic) {}
  double At(std::span<const std::uint8_t> counts) const override { return (ranking_.*statistic_)(weight_, counts); }
  double Cost() const override { return double(ranking_.size()); }

 private:
  Ranking ranking_;
  std::span<const double> weight_;
  Statistic statistic_;
};

std::unique_ptr<Resampled> OfRanking(const Scored& scored, RankingMetric::Statistic statistic) {
  if (CheckedRows(scored) == 0 || !AllFinite(scored.scores)) return Undefined();
  return std::make_unique<RankingMetric>(scored, statistic);
}

double Ratio(double part, double whole) { return whole > 0 ? part / whole : kUndefined; }

}  // namespace

std::unique_ptr<Resampled> Auc(const Scored& scored) { return OfRanking(scored, &Ranking::Auc); }

std::unique_ptr<Resampled> AveragePrecision(const Scored& scored) {
  return OfRanking(scored, &Ranking::AveragePrecision);
}

// Brier (1950), the form for two classes: mean (p - y)^2.
std::unique_ptr<Resampled> Brier(const Scored& scored) {
  CheckedRows(scored);
  std::vector<double> losses = PositiveScores(scored);
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double gap = losses[i] - (scored.truth[i] == scored.positive ? 1.0 : 0.0);
    losses[i] = gap * gap;
  }
  return MeanOf(scored, std::move(losses));
}

std::unique_ptr<Resampled> F1(const Scored& scored) {
  return OfDecisions(scored, [](const ClassCounts& c, int positive) {
    const auto p = std::size_t(positive);
    return Ratio(2 * c.hit[p], c.truth[p] + c.decided[p]);
  });
}

std::unique_ptr<Resampled> Precision(const Scored& scored) {
  return OfDecisions(scored, [](const ClassCounts& c, int positive) {
    return Ratio(c.hit[std::size_t(positive)], c.decided[std::size_t(positive)]);
  });
}

std::unique_ptr<Resampled> Recall(const Scored& scored) {
  return OfDecisions(scored, [](const ClassCounts& c, int positive) {
    return Ratio(c.hit[std::size_t(positive)], c.truth[std::size_t(positive)]);
  });
}

}  // namespace tagwerk::metrics
