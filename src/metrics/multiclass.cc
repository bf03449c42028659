// Metrics of any number of classes; for two classes log loss, accuracy, balanced accuracy, Matthews'
// coefficient and calibration error are the same formulas.
#include <algorithm>
#include <cmath>

#include "metrics/decisions.h"
#include "metrics/families.h"
#include "metrics/ranking.h"

namespace tagwerk::metrics {
namespace {

constexpr int kCalibrationBins = 15;
// Beyond this many orders x rows they are made anew in every call rather than kept (512 MB of entries).
constexpr std::size_t kKeptEntries = std::size_t(1) << 27;

std::vector<double> ClassScores(const Scored& scored, std::size_t cls) {
  const std::size_t n = scored.truth.size(), k = std::size_t(scored.num_classes);
  std::vector<double> scores(n);
  for (std::size_t i = 0; i < n; ++i) scores[i] = scored.scores[i * k + cls];
  return scores;
}

std::vector<std::uint8_t> IsClass(const Scored& scored, std::size_t cls) {
  std::vector<std::uint8_t> is(scored.truth.size());
  for (std::size_t i = 0; i < is.size(); ++i) is[i] = scored.truth[i] == double(cls);
  return is;
}

class OneVersusRest : public Resampled {
 public:
  explicit OneVersusRest(const Scored& scored) : scored_(scored) {
    const auto k = std::size_t(scored.num_classes);
    if (k * scored.truth.size() > kKeptEntries) return;
    for (std::size_t c = 0; c < k; ++c) kept_.push_back(Make(c));
  }
  double At(std::span<const std::uint8_t> counts) const override {
    double sum = 0;
    int defined = 0;
    for (std::size_t c = 0; c < std::size_t(scored_.num_classes); ++c) {
      const double auc = kept_.empty() ? Make(c).Auc(scored_.weight, counts) : kept_[c].Auc(scored_.weight, counts);
      if (std::isnan(auc)) continue;
      sum += auc;
      ++defined;
    }
    return defined > 0 ? sum / defined : kUndefined;
  }
  double Cost() const override { return double(scored_.truth.size()) * scored_.num_classes * (kept_.empty() ? 50 : 1); }

 private:
  Ranking Make(std::size_t cls) const { return {ClassScores(scored_, cls), IsClass(scored_, cls)}; }
  Scored scored_;
  std::vector<Ranking> kept_;
};

class CalibrationError : public Resampled {
 public:
  CalibrationError(std::span<const double> confidence, std::span<const std::uint8_t> right,
                   std::span<const double> weight)
      : ranking_(confidence, right), gaps_(ranking_.Gaps(confidence)), weight_(weight) {}
  double At(std::span<const std::uint8_t> counts) const override {
    return ranking_.CalibrationError(gaps_, weight_, counts, kCalibrationBins);
  }
  double Cost() const override { return 2.0 * double(ranking_.size()); }

 private:
  Ranking ranking_;
  std::vector<double> gaps_;
  std::span<const double> weight_;
};

double MeanRecall(const ClassCounts& c, int) {
  double sum = 0;
  int present = 0;
  for (std::size_t k = 0; k < c.truth.size(); ++k) {
    if (!(c.truth[k] > 0)) continue;
    sum += c.hit[k] / c.truth[k];
    ++present;
  }
  return sum / present;
}

// Sums that Matthews' coefficient and kappa are made of, in the notation of Gorodkin (2004).
struct Agreement {
  double hits = 0, cross = 0, decided_squares = 0, truth_squares = 0, total = 0;
};

Agreement AgreementOf(const ClassCounts& c) {
  Agreement a;
  a.total = c.total;
  for (std::size_t k = 0; k < c.truth.size(); ++k) {
    a.hits += c.hit[k];
    a.cross += c.truth[k] * c.decided[k];
    a.decided_squares += c.decided[k] * c.decided[k];
    a.truth_squares += c.truth[k] * c.truth[k];
  }
  return a;
}

bool OneClassOnly(const ClassCounts& c) {
  return std::count_if(c.truth.begin(), c.truth.end(), [](double t) { return t > 0; }) < 2;
}

}  // namespace

std::unique_ptr<Resampled> LogLoss(const Scored& scored) {
  const std::size_t n = CheckedRows(scored), k = std::size_t(scored.num_classes);
  std::vector<double> losses(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double p = scored.scores[i * k + std::size_t(scored.truth[i])];
    // A NaN must not be clipped away: it stays NaN and makes the metric undefined.
    losses[i] = std::isnan(p) ? kUndefined : -std::log(std::clamp(p, kLogClip, 1 - kLogClip));
  }
  return MeanOf(scored, std::move(losses));
}

std::unique_ptr<Resampled> Accuracy(const Scored& scored) {
  return OfDecisions(scored, [](const ClassCounts& c, int) {
    double hits = 0;
    for (const double h : c.hit) hits += h;
    return hits / c.total;
  });
}

std::unique_ptr<Resampled> BalancedAccuracy(const Scored& scored) { return OfDecisions(scored, MeanRecall); }

// Gorodkin (2004), "Comparing two K-category assignments by a K-category correlation coefficient".
std::unique_ptr<Resampled> Mcc(const Scored& scored) {
  return OfDecisions(scored, [](const ClassCounts& c, int) {
    if (OneClassOnly(c)) return kUndefined;
    const Agreement a = AgreementOf(c);
    const double square = a.total * a.total;
    const double scale = (square - a.decided_squares) * (square - a.truth_squares);
    return scale > 0 ? (a.hits * a.total - a.cross) / std::sqrt(scale) : 0.0;
  });
}

// Cohen (1960): agreement beyond chance over the largest there could be.
std::unique_ptr<Resampled> Kappa(const Scored& scored) {
  return OfDecisions(scored, [](const ClassCounts& c, int) {
    const Agreement a = AgreementOf(c);
    const double chance = a.cross / (a.total * a.total);
    return chance < 1 ? (a.hits / a.total - chance) / (1 - chance) : kUndefined;
  });
}

// Mean over the classes that occur in truth or decisions, as scikit-learn does it.
std::unique_ptr<Resampled> F1Macro(const Scored& scored) {
  return OfDecisions(scored, [](const ClassCounts& c, int) {
    double sum = 0;
    int present = 0;
    for (std::size_t k = 0; k < c.truth.size(); ++k) {
      const double either = c.truth[k] + c.decided[k];
      if (!(either > 0)) continue;
      sum += 2 * c.hit[k] / either;
      ++present;
    }
    return sum / present;
  });
}

std::unique_ptr<Resampled> AucOneVersusRest(const Scored& scored) {
  if (CheckedRows(scored) == 0 || !AllFinite(scored.scores)) return Undefined();
  return std::make_unique<OneVersusRest>(scored);
}

// Naeini et al. (2015) with bins of equal mass: of the positive class, or of the most likely class.
std::unique_ptr<Resampled> ExpectedCalibrationError(const Scored& scored) {
  const std::size_t n = CheckedRows(scored), k = std::size_t(scored.num_classes);
  if (n == 0 || !AllFinite(scored.scores)) return Undefined();
  if (scored.task == Task::kBinary)
    return std::make_unique<CalibrationError>(PositiveScores(scored), IsPositive(scored), scored.weight);
  std::vector<double> confidence(n);
  std::vector<std::uint8_t> right(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = scored.scores.data() + i * k;
    const auto likely = std::size_t(std::max_element(row, row + k) - row);
    confidence[i] = row[likely];
    right[i] = scored.truth[i] == double(likely);
  }
  return std::make_unique<CalibrationError>(confidence, right, scored.weight);
}

}  // namespace tagwerk::metrics
