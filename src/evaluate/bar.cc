// The choice of the bar of a binary decision.
#include <algorithm>
#include <cmath>
#include <functional>

#include "base/random.h"
#include "evaluate/decision.h"
#include "evaluate/ladder.h"

namespace tagwerk::evaluate {
namespace {

constexpr double kUneven = 1.0 / 3;  ///< a class with less than this share of the rows is rare
constexpr std::size_t kFolds = 5;
constexpr double kFewest = 5;  ///< rows of the rarer class in each fold, else the check says nothing

using Worth = std::function<double(const Outcomes&)>;

// Mean of the curve over the cuts near each cut. The window grows with the distance from the ends, so that a
// rare class (best cut near the top) is not blurred away, and stops at n^(2/3) / 2.
std::size_t BestCut(const Ladder& ladder, const Worth& worth, std::size_t most) {
  const std::size_t n = ladder.size();
  std::vector<double> sums(n + 2, 0.0);
  for (std::size_t k = 0; k <= n; ++k) sums[k + 1] = sums[k] + worth(ladder.Taking(k));
  const auto widest = std::size_t(std::pow(double(n), 2.0 / 3) / 2);
  std::size_t best = 0;
  double best_mean = 0;
  for (std::size_t k = 0; k <= std::min(n, most); ++k) {
    const std::size_t half = std::min({widest, (k + 4) / 5, (n - k + 4) / 5, k, n - k});
    const double mean = (sums[k + half + 1] - sums[k - half]) / double(2 * half + 1);
    if (k == 0 || mean > best_mean) {
      best = k;
      best_mean = mean;
    }
  }
  return best;
}

double ThresholdAt(const Ladder& ladder, std::size_t cut) {
  const std::vector<double>& scores = ladder.scores();
  if (cut == 0) return (1 + scores.front()) / 2;
  if (cut == ladder.size()) return 0;
  return (scores[cut - 1] + scores[cut]) / 2;
}

double F1(const Outcomes& o, bool of_positive) {
  const double hit = of_positive ? o.true_positive : o.true_negative;
  const double wrong = o.false_positive + o.false_negative;
  return hit > 0 ? 2 * hit / (2 * hit + wrong) : 0;
}

double Ratio(double part, double all) { return all > 0 ? part / all : 0; }

/// The metrics that name a best bar; precision and recall alone do not.
Worth WorthOfMetric(const std::string& metric) {
  if (metric == "f1") return [](const Outcomes& o) { return F1(o, true); };
  if (metric == "accuracy") return [](const Outcomes& o) { return o.true_positive + o.true_negative; };
  if (metric == "balanced_accuracy")
    return [](const Outcomes& o) {
      return Ratio(o.true_positive, o.true_positive + o.false_negative) +
             Ratio(o.true_negative, o.true_negative + o.false_positive);
    };
  if (metric == "mcc")
    return [](const Outcomes& o) {
      const double product = (o.true_positive + o.false_positive) * (o.true_positive + o.false_negative) *
                             (o.true_negative + o.false_positive) * (o.true_negative + o.false_negative);
      return Ratio(o.true_positive * o.true_negative - o.false_positive * o.false_negative, std::sqrt(product));
    };
  return nullptr;
}

/// Rows of one part of the input.
struct FoldRows {
  std::vector<double> truth, scores, weight;
  EvaluateInput Input(const EvaluateInput& whole) const {
    EvaluateInput input;
    input.scored = whole.scored;
    input.scored.truth = truth;
    input.scored.scores = scores;
    input.scored.weight = weight;
    return input;
  }
};

std::vector<FoldRows> FoldsOf(const EvaluateInput& input, std::size_t fold) {
  std::vector<FoldRows> parts(2);
  for (std::size_t i = 0; i < input.scored.truth.size(); ++i) {
    FoldRows& part = parts[Mix64(input.seed, 0xbaf, i) % kFolds == fold ? 1 : 0];
    part.truth.push_back(input.scored.truth[i]);
    part.scores.push_back(input.scored.scores[2 * i]);
    part.scores.push_back(input.scored.scores[2 * i + 1]);
    if (!input.scored.weight.empty()) part.weight.push_back(input.scored.weight[i]);
  }
  return parts;
}

void AddOutcomes(Outcomes& sum, const Outcomes& o) {
  sum.true_positive += o.true_positive;
  sum.false_positive += o.false_positive;
  sum.false_negative += o.false_negative;
  sum.true_negative += o.true_negative;
}

// F1 of bars chosen without the rows that they are judged on, beside F1 at one half on the same rows.
void CrossFit(const EvaluateInput& input, bool of_positive, Bar& bar) {
  const Worth f1 = [&](const Outcomes& o) { return F1(o, of_positive); };
  Outcomes chosen, half;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    const std::vector<FoldRows> parts = FoldsOf(input, fold);
    if (parts[0].truth.empty() || parts[1].truth.empty()) continue;
    const EvaluateInput fit = parts[0].Input(input), judge = parts[1].Input(input);
    const Ladder ladder(fit.scored, fit.scored.scores, true), other(judge.scored, judge.scored.scores, true);
    AddOutcomes(chosen, other.At(ThresholdAt(ladder, BestCut(ladder, f1, ladder.size()))));
    AddOutcomes(half, other.At(0.5));
  }
  bar.f1 = F1(chosen, of_positive);
  bar.f1_half = F1(half, of_positive);
}

Bar BarOfRareClass(const EvaluateInput& input, const Ladder& ladder) {
  Bar bar;
  double positives = 0;
  for (const double truth : input.scored.truth) positives += truth == input.scored.positive;
  const auto rows = double(input.scored.truth.size());
  const bool of_positive = 2 * positives <= rows;
  const double rare = std::min(positives, rows - positives);
  if (rare >= kUneven * rows || rare < kFewest * double(kFolds)) return bar;
  CrossFit(input, of_positive, bar);
  if (!(bar.f1 > bar.f1_half)) {
    bar.rule = "half_better";
    return bar;
  }
  const Worth f1 = [&](const Outcomes& o) { return F1(o, of_positive); };
  bar.threshold = ThresholdAt(ladder, BestCut(ladder, f1, ladder.size()));
  bar.rule = of_positive ? "f1" : "f1_negative";
  return bar;
}

}  // namespace

Bar ChooseBar(const EvaluateInput& out_of_fold, const DecisionWish& wish) {
  Bar bar;
  if (wish.given) return {*wish.given, "given", *wish.given};
  if (out_of_fold.scored.truth.empty()) return bar;
  const Ladder ladder(out_of_fold.scored, out_of_fold.scored.scores, true);
  const Value value = ValueFrom(wish.value);
  const auto most = std::size_t(std::clamp(wish.most_positive, 0.0, 1.0) * double(ladder.size()));
  const bool bounded = most < ladder.size();
  if (!value.given && !bounded) {
    if (const Worth worth = WorthOfMetric(wish.metric))
      return {ThresholdAt(ladder, BestCut(ladder, worth, ladder.size())), "metric"};
    return BarOfRareClass(out_of_fold, ladder);
  }
  if (!value.given) return {ThresholdAt(ladder, most), "capacity"};
  const Worth worth = [&](const Outcomes& o) { return o.Worth(value); };
  const std::size_t free = BestCut(ladder, worth, ladder.size());
  const double floor = ThresholdAt(ladder, free);
  if (free <= most) return {floor, "value", floor};
  return {ThresholdAt(ladder, BestCut(ladder, worth, most)), "capacity", floor};
}

double BarOfRank(std::vector<double> scores, std::size_t most) {
  if (scores.size() <= most) return 0;
  const auto place = scores.begin() + std::ptrdiff_t(most);
  std::nth_element(scores.begin(), place, scores.end(), std::greater<>());
  const double first_out = *place;
  const double last_in = most > 0 ? *std::min_element(scores.begin(), place) : INFINITY;
  const double middle = most > 0 ? (last_in + first_out) / 2 : (1 + first_out) / 2;
  return middle > first_out ? middle : std::nextafter(first_out, INFINITY);  // ties: none of them
}

}  // namespace tagwerk::evaluate
