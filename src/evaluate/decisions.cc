// Decisions: confusion, what each threshold would decide and be worth, and the choice of the threshold.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "evaluate/evaluate.h"
#include "metrics/decisions.h"

namespace tagwerk::evaluate {
namespace {

constexpr std::size_t kShownClasses = 50;
constexpr int kGridPoints = 49;  // of each kind: even steps and quantiles of the scores
constexpr double kPerRows = 1000;
constexpr double kRareShare = 0.25;

/// What one decision of each kind earns (+) or costs (-).
struct Value {
  bool given = false;
  double true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
};

Value ValueFrom(const Json& json) {
  Value value;
  if (!json.is_object()) return value;
  const auto read = [&](const char* key, double& to) {
    const auto it = json.find(key);
    if (it == json.end() || !it->is_number() || !std::isfinite(it->get<double>())) return;
    to = it->get<double>();
    value.given = value.given || to != 0;
  };
  read("true_positive", value.true_positive);
  read("false_positive", value.false_positive);
  read("false_negative", value.false_negative);
  read("true_negative", value.true_negative);
  return value;
}

/// Weight of the rows by truth and decision; plain counts without weights.
struct Outcomes {
  double true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
  double Worth(const Value& value) const {
    return true_positive * value.true_positive + false_positive * value.false_positive +
           false_negative * value.false_negative + true_negative * value.true_negative;
  }
};

/// Rows by descending score of the positive class with running sums of positives and negatives.
class Ladder {
 public:
  Ladder(const metrics::Scored& scored, std::span<const double> scores, bool weighted) {
    const std::size_t n = scored.truth.size();
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    const auto score = [&](std::uint32_t i) { return scores[2 * i + std::size_t(scored.positive)]; };
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return score(a) > score(b); });
    positives_.assign(1, 0.0);
    negatives_.assign(1, 0.0);
    for (const std::uint32_t i : order) {
      const double w = weighted && !scored.weight.empty() ? scored.weight[i] : 1.0;
      const bool positive = scored.truth[i] == scored.positive;
      scores_.push_back(score(i));
      positives_.push_back(positives_.back() + (positive ? w : 0));
      negatives_.push_back(negatives_.back() + (positive ? 0 : w));
    }
  }
  std::size_t size() const { return scores_.size(); }
  const std::vector<double>& scores() const { return scores_; }
  double total() const { return positives_.back() + negatives_.back(); }

  /// Returns the outcomes when the first `taken` rows are decided positive.
  Outcomes Taking(std::size_t taken) const {
    return {positives_[taken], negatives_[taken], positives_.back() - positives_[taken],
            negatives_.back() - negatives_[taken]};
  }
  Outcomes At(double threshold) const {
    const auto end = std::partition_point(scores_.begin(), scores_.end(), [&](double s) { return s >= threshold; });
    return Taking(std::size_t(end - scores_.begin()));
  }

 private:
  std::vector<double> scores_, positives_, negatives_;
};

// Mean of the value curve over the cuts near each cut. The window grows with the distance from the ends,
// so that a rare class (best cut near the top) is not blurred away, and stops at n^(2/3) / 2.
template <class Worth>
std::size_t BestCut(const Ladder& ladder, const Worth& worth) {
  const std::size_t n = ladder.size();
  std::vector<double> sums(n + 2, 0.0);
  for (std::size_t k = 0; k <= n; ++k) sums[k + 1] = sums[k] + worth(ladder.Taking(k));
  const auto widest = std::size_t(std::pow(double(n), 2.0 / 3) / 2);
  std::size_t best = 0;
  double best_mean = 0;
  for (std::size_t k = 0; k <= n; ++k) {
    const std::size_t half = std::min({widest, (k + 4) / 5, (n - k + 4) / 5, k, n - k});
    const double mean = (sums[k + half + 1] - sums[k - half]) / double(2 * half + 1);
    if (k == 0 || mean > best_mean) {
      best = k;
      best_mean = mean;
    }
  }
  return best;
}

double Share(double part, double all) { return all > 0 ? part / all : 0; }

using CutScore = double (*)(const Outcomes&);

double AccuracyOf(const Outcomes& o) {
  return Share(o.true_positive + o.true_negative,
               o.true_positive + o.true_negative + o.false_positive + o.false_negative);
}
double BalancedAccuracyOf(const Outcomes& o) {
  return (Share(o.true_positive, o.true_positive + o.false_negative) +
          Share(o.true_negative, o.true_negative + o.false_positive)) /
         2;
}
double F1Of(const Outcomes& o) {
  return Share(2 * o.true_positive, 2 * o.true_positive + o.false_positive + o.false_negative);
}
double MccOf(const Outcomes& o) {
  const double product = (o.true_positive + o.false_positive) * (o.true_positive + o.false_negative) *
                         (o.true_negative + o.false_positive) * (o.true_negative + o.false_negative);
  return Share(o.true_positive * o.true_negative - o.false_positive * o.false_negative, std::sqrt(product));
}

/// The metrics that name a best threshold; precision and recall alone do not.
CutScore CutScoreOf(std::string_view metric) {
  if (metric == "accuracy") return AccuracyOf;
  if (metric == "balanced_accuracy") return BalancedAccuracyOf;
  if (metric == "f1") return F1Of;
  if (metric == "mcc") return MccOf;
  return nullptr;
}

bool IsRare(const metrics::Scored& scored) {
  double positives = 0, total = 0;
  for (std::size_t i = 0; i < scored.truth.size(); ++i) {
    const double w = scored.weight.empty() ? 1.0 : scored.weight[i];
    total += w;
    positives += scored.truth[i] == scored.positive ? w : 0;
  }
  return positives < kRareShare * total;
}

Json PointJson(double threshold, const Outcomes& outcomes, const Json& worth) {
  return {{"threshold", threshold},
          {"true_positive", std::int64_t(outcomes.true_positive)},
          {"false_positive", std::int64_t(outcomes.false_positive)},
          {"false_negative", std::int64_t(outcomes.false_negative)},
          {"true_negative", std::int64_t(outcomes.true_negative)},
          {"value", worth}};
}

std::vector<double> ThresholdGrid(const Ladder& ladder, double chosen) {
  std::vector<double> grid{chosen};
  for (int i = 1; i <= kGridPoints; ++i) {
    grid.push_back(double(i) / (kGridPoints + 1));
    if (ladder.size() > 0) grid.push_back(ladder.scores()[std::size_t(i) * (ladder.size() - 1) / (kGridPoints + 1)]);
  }
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

}  // namespace

Json ConfusionJson(const EvaluateInput& input) {
  const auto k = std::size_t(input.scored.num_classes);
  const std::vector<std::int32_t> decided = metrics::Decide(input.scored);
  // Of very many classes the most frequent ones are shown; the others share the last line.
  std::vector<std::size_t> rows(k, 0), order(k), place(k);
  for (const double t : input.scored.truth) ++rows[std::size_t(t)];
  std::iota(order.begin(), order.end(), std::size_t(0));
  const std::size_t shown = k <= kShownClasses ? k : kShownClasses - 1;
  if (shown < k) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rows[a] > rows[b]; });
    std::sort(order.begin(), order.begin() + std::ptrdiff_t(shown));
  }
  Json labels = Json::array();
  for (std::size_t i = 0; i < k; ++i) {
    place[order[i]] = std::min(i, shown);
    if (i < shown) labels.push_back(order[i] < input.classes.size() ? input.classes[order[i]] : "");
  }
  if (shown < k) labels.push_back("(others)");
  const std::size_t size = labels.size();
  std::vector<std::vector<std::int64_t>> counts(size, std::vector<std::int64_t>(size, 0));
  for (std::size_t i = 0; i < decided.size(); ++i)
    ++counts[place[std::size_t(input.scored.truth[i])]][place[std::size_t(decided[i])]];
  return {{"labels", labels}, {"counts", counts}};
}

Json ThresholdsJson(const EvaluateInput& input, const Json& value_json) {
  TW_CHECK(input.scored.task == Task::kBinary);
  const Value value = ValueFrom(value_json);
  const double chosen = input.scored.threshold;
  const Ladder ladder(input.scored, input.scored.scores, false);
  const auto worth = [&](const Outcomes& outcomes) -> Json {
    if (!value.given || ladder.size() == 0) return nullptr;
    return outcomes.Worth(value) / double(ladder.size()) * kPerRows;
  };
  Json points = Json::array();
  for (const double threshold : ThresholdGrid(ladder, chosen)) {
    const Outcomes outcomes = ladder.At(threshold);
    points.push_back(PointJson(threshold, outcomes, worth(outcomes)));
  }
  Json baseline = nullptr;
  if (input.baseline_scores.size() == input.scored.scores.size())
    baseline = worth(Ladder(input.scored, input.baseline_scores, false).At(input.baseline_threshold));
  return {{"points", points},
          {"chosen", chosen},
          {"value_model", worth(ladder.At(chosen))},
          {"value_baseline", baseline},
          {"value_nothing", worth(ladder.Taking(0))},
          {"per_rows", kPerRows}};
}

double ChooseThreshold(const EvaluateInput& out_of_fold, const Json& value_json, std::string_view metric) {
  const Value value = ValueFrom(value_json);
  CutScore score = value.given ? nullptr : CutScoreOf(metric);
  if (!metric.empty() && !value.given && score == nullptr && IsRare(out_of_fold.scored)) score = F1Of;
  if ((!value.given && score == nullptr) || out_of_fold.scored.truth.empty()) return 0.5;
  const Ladder ladder(out_of_fold.scored, out_of_fold.scored.scores, true);
  const std::size_t n = ladder.size(), cut = BestCut(ladder, [&](const Outcomes& outcomes) {
                                         return score == nullptr ? outcomes.Worth(value) : score(outcomes);
                                       });
  const std::vector<double>& scores = ladder.scores();
  if (cut == 0) return (1 + scores.front()) / 2;
  if (cut == n) return 0;
  return (scores[cut - 1] + scores[cut]) / 2;
}

}  // namespace tagwerk::evaluate
