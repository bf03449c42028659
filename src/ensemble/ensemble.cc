#include "ensemble/ensemble.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "ensemble/objective.h"

namespace tagwerk::ensemble {
namespace {

constexpr std::size_t kMostCandidates = 25;
constexpr std::size_t kMostRows = 200000;  // that the selection looks at; the score is of all rows
constexpr std::size_t kFewestRows = 20;    // below, a cross-fit shows nothing
constexpr int kPatience = 8;               // steps without a gain worth the name
constexpr double kWorthwhile = 0.1;        // in standard errors of the paired difference
constexpr double kSmallestWeight = 0.02;   // lighter members cost time and change nothing
constexpr double kShrink = 0.1;            // towards equal weights

struct Candidate {
  std::size_t index;
  double score;
};

/// Candidates that have a score, best first; equal ones in their order.
std::vector<Candidate> Ranked(const Context& context, const EnsembleInput& input) {
  std::vector<Candidate> all(input.candidates.size());
  context.pool->For(all.size(), [&](std::size_t c) {
    metrics::Scored scored = input.truth;
    scored.scores = input.candidates[c];
    all[c] = {c, input.metric->compute(scored)};
  });
  std::erase_if(all, [](const Candidate& c) { return std::isnan(c.score); });
  std::stable_sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    return metrics::Improvement(*input.metric, a.score, b.score) < 0;
  });
  return all;
}

/// Adds one candidate after the other, each time the one that helps most; returns the weights (by
/// position in the objective) of the best prefix.
std::vector<double> Greedy(const Context& context, const Objective& objective, int steps) {
  std::vector<int> times(objective.candidates(), 0), best_times = times;
  std::vector<double> sum(objective.rows(), 0.0), best_sum;
  double best = std::numeric_limits<double>::infinity(), worthwhile = best;
  int best_step = 0, last_gain = 0;
  for (int step = 1; step <= steps && step - last_gain <= kPatience; ++step) {
    if (step > 1 && context.ShouldStop()) break;
    std::vector<double> losses(objective.candidates());
    context.pool->For(losses.size(), [&](std::size_t c) { losses[c] = objective.After(sum, c, step); });
    const auto chosen = std::size_t(std::min_element(losses.begin(), losses.end()) - losses.begin());
    const std::span<const double> add = objective.values(chosen);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += add[i];
    ++times[chosen];
    if (!(losses[chosen] < best)) continue;
    const double error = best_sum.empty() ? 0 : objective.PairedError(best_sum, best_step, sum, step);
    best = losses[chosen];
    best_times = times;
    best_sum = sum;
    best_step = step;
    if (worthwhile - best > kWorthwhile * error) {
      worthwhile = best;
      last_gain = step;
    }
  }
  std::vector<double> weights(times.size(), 0.0);
  for (std::size_t c = 0; c < weights.size(); ++c)
    if (best_step > 0) weights[c] = double(best_times[c]) / best_step;
  return weights;
}

/// Leaves out members that hardly count and draws the others a little towards equal weights.
void Settle(std::vector<double>& weights) {
  double kept = 0;
  int members = 0;
  for (double& w : weights) {
    if (w < kSmallestWeight) w = 0;
    kept += w;
    members += w > 0;
  }
  for (double& w : weights)
    if (w > 0) w = (1 - kShrink) * w / kept + kShrink / members;
}

std::vector<double> Blend(const EnsembleInput& input, const std::vector<Candidate>& ranked,
                          const std::vector<double>& weights) {
  std::vector<double> blend(input.candidates[ranked.front().index].size(), 0.0);
  for (std::size_t c = 0; c < weights.size(); ++c) {
    if (!(weights[c] > 0)) continue;
    const std::span<const double> scores = input.candidates[ranked[c].index];
    for (std::size_t i = 0; i < blend.size(); ++i) blend[i] += weights[c] * scores[i];
  }
  return blend;
}

/// Metric of scores on some rows.
double ScoreOn(const EnsembleInput& input, std::span<const double> scores, const std::vector<std::uint32_t>& rows) {
  const std::size_t width = IsClassification(input.truth.task) ? std::size_t(input.truth.num_classes) : 1;
  std::vector<double> truth, weight, part;
  for (const std::uint32_t row : rows) {
    truth.push_back(input.truth.truth[row]);
    if (!input.truth.weight.empty()) weight.push_back(input.truth.weight[row]);
    for (std::size_t j = 0; j < width; ++j) part.push_back(scores[row * width + j]);
  }
  metrics::Scored scored = input.truth;
  scored.truth = truth;
  scored.weight = weight;
  scored.scores = part;
  return input.metric->compute(scored);
}

/// Rows in an order that deals every class (every range of a numeric target) evenly to both halves.
std::vector<std::uint32_t> DealtRows(const EnsembleInput& input) {
  std::vector<std::uint32_t> rows(input.truth.truth.size());
  std::iota(rows.begin(), rows.end(), 0u);
  Random random(Mix64(input.seed, 0x656e73));
  Shuffle(rows, random);
  if (rows.size() > kMostRows) rows.resize(kMostRows);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return input.truth.truth[a] < input.truth.truth[b]; });
  return rows;
}

/// Whether weights chosen on either half are better than the best single model on the other half.
bool BetterOnBothHalves(const Context& context, const EnsembleInput& input, Loss loss,
                        const std::vector<Candidate>& ranked, const std::vector<std::size_t>& indices,
                        const std::vector<std::uint32_t>& dealt) {
  std::vector<std::uint32_t> half[2];
  // Of two neighbours in the order of the target one goes to each half, by the flip of a coin.
  Random random(Mix64(input.seed, 0x68616c66));
  for (std::size_t i = 0; i < dealt.size(); i += 2) {
    const std::size_t first = random.Below(2);
    half[first].push_back(dealt[i]);
    if (i + 1 < dealt.size()) half[1 - first].push_back(dealt[i + 1]);
  }
  for (const int h : {0, 1}) {
    const Objective objective(input, loss, indices, half[h]);
    std::vector<double> weights = Greedy(context, objective, input.steps);
    Settle(weights);
    const std::vector<double> blend = Blend(input, ranked, weights);
    const double blended = ScoreOn(input, blend, half[1 - h]);
    const double single = ScoreOn(input, input.candidates[ranked.front().index], half[1 - h]);
    if (!(metrics::Improvement(*input.metric, single, blended) > 0)) return false;
  }
  return true;
}

Ensemble Single(const Candidate& best, std::string reason) {
  return {{best.index}, {1.0}, best.score, best.score, std::move(reason)};
}

std::string Against(const EnsembleInput& input, double blend, double single) {
  const double gap = std::abs(blend - single);
  return input.metric->id + " " + Rounded(blend, gap) + " against " + Rounded(single, gap);
}

}  // namespace

Ensemble GreedySelect(const Context& context, const EnsembleInput& input) {
  TW_CHECK(!input.candidates.empty() && input.metric != nullptr);
  std::vector<Candidate> ranked = Ranked(context, input);
  if (ranked.empty())
    return Single({0, std::nan("")}, "no model has a defined " + input.metric->id + ": the first one is taken");
  if (ranked.size() == 1) return Single(ranked.front(), "there is one model only");
  if (input.truth.truth.size() < kFewestRows)
    return Single(ranked.front(), "too few rows to weigh models against each other");
  if (ranked.size() > kMostCandidates) ranked.resize(kMostCandidates);
  std::vector<std::size_t> indices;
  for (const Candidate& c : ranked) indices.push_back(c.index);
  const Loss loss = LossFor(*input.metric);
  const std::vector<std::uint32_t> rows = DealtRows(input);
  std::vector<double> weights = Greedy(context, Objective(input, loss, indices, rows), input.steps);
  Settle(weights);
  if (std::count_if(weights.begin(), weights.end(), [](double w) { return w > 0; }) < 2 && weights[0] > 0)
    return Single(ranked.front(), "no other model adds to the best one");
  const std::vector<double> blend = Blend(input, ranked, weights);
  metrics::Scored scored = input.truth;
  scored.scores = blend;
  const double score = input.metric->compute(scored), single = ranked.front().score;
  if (!(metrics::Improvement(*input.metric, single, score) > 0))
    return Single(ranked.front(),
                  "the blend is not better than the best model (" + Against(input, score, single) + ")");
  if (!BetterOnBothHalves(context, input, loss, ranked, indices, rows))
    return Single(ranked.front(),
                  "weights chosen on one half of the rows do not beat the best model on "
                  "the other half");
  Ensemble ensemble;
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < weights.size(); ++c)
    if (weights[c] > 0) order.push_back(c);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
  for (const std::size_t c : order) {
    ensemble.members.push_back(ranked[c].index);
    ensemble.weights.push_back(weights[c]);
  }
  ensemble.score = score;
  ensemble.best_single = single;
  ensemble.reason =
      "the blend is better than the best model on both halves of the rows (" + Against(input, score, single) + ")";
  return ensemble;
}

}  // namespace tagwerk::ensemble
