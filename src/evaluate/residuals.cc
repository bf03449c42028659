// Residuals (actual minus predicted) of a regression: their distribution, whether they depend on the
// prediction, and how far off most predictions are.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "evaluate/evaluate.h"
#include "stats/tests.h"

namespace tagwerk::evaluate {
namespace {

constexpr std::size_t kHistogramBins = 40, kPredictionBins = 10, kExamples = 400;

// Even bins between the 0.5 % and 99.5 % quantiles; what lies outside counts in the outermost bins.
Json HistogramJson(const std::vector<double>& sorted) {
  double low = stats::SortedQuantile(sorted, 0.005), high = stats::SortedQuantile(sorted, 0.995);
  if (!(high > low)) {
    low = sorted.front();
    high = sorted.back();
  }
  const std::size_t bins = high > low ? kHistogramBins : 1;
  if (!(high > low)) {
    const double half = std::max(0.5, std::abs(low) * 1e-6);
    low -= half;
    high += half;
  }
  std::vector<double> edges(bins + 1);
  std::vector<std::int64_t> counts(bins, 0);
  for (std::size_t i = 0; i <= bins; ++i) edges[i] = low + (high - low) * double(i) / double(bins);
  for (const double r : sorted) {
    const double place = (r - low) / (high - low) * double(bins);
    ++counts[std::size_t(std::clamp(place, 0.0, double(bins) - 0.5))];
  }
  return {{"edges", edges}, {"counts", counts}};
}

Json ByPredictionJson(const metrics::Scored& scored) {
  const std::size_t n = scored.truth.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return scored.scores[a] < scored.scores[b]; });
  const std::size_t bins = std::min(kPredictionBins, std::max<std::size_t>(1, n / 10));
  Json result = Json::array();
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const std::size_t begin = bin * n / bins, end = (bin + 1) * n / bins;
    if (begin == end) continue;
    const double rows = double(end - begin);
    double predicted = 0, mean = 0, squares = 0;
    for (std::size_t i = begin; i < end; ++i) {
      predicted += scored.scores[order[i]] / rows;
      mean += (scored.truth[order[i]] - scored.scores[order[i]]) / rows;
    }
    for (std::size_t i = begin; i < end; ++i) {
      const double d = scored.truth[order[i]] - scored.scores[order[i]] - mean;
      squares += d * d;
    }
    const double sd = rows > 1 ? std::sqrt(squares / (rows - 1)) : std::nan("");
    const stats::Range range = stats::MeanInterval(mean, sd, rows);
    result.push_back({{"predicted", predicted},
                      {"mean_residual", mean},
                      {"low", range.low},
                      {"high", range.high},
                      {"rows", end - begin}});
  }
  return result;
}

Json ExamplesJson(const EvaluateInput& input) {
  const std::size_t n = input.scored.truth.size();
  std::vector<std::uint32_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0u);
  if (n > kExamples) {
    Random random(Mix64(input.seed, 0x72657369));
    for (std::size_t i = 0; i < kExamples; ++i) std::swap(rows[i], rows[i + random.Below(n - i)]);
    rows.resize(kExamples);
  }
  Json examples = Json::array();
  for (const std::uint32_t i : rows) examples.push_back({input.scored.scores[i], input.scored.truth[i]});
  return examples;
}

}  // namespace

Json ResidualsJson(const EvaluateInput& input) {
  const metrics::Scored& scored = input.scored;
  const std::size_t n = scored.truth.size();
  if (n == 0) return nullptr;
  std::vector<double> residuals(n), errors(n);
  for (std::size_t i = 0; i < n; ++i) {
    residuals[i] = scored.truth[i] - scored.scores[i];
    errors[i] = std::abs(residuals[i]);
    if (!std::isfinite(residuals[i])) return nullptr;
  }
  std::sort(residuals.begin(), residuals.end());
  std::sort(errors.begin(), errors.end());
  Json within = Json::array();
  for (const double share : {0.5, 0.8, 0.9, 0.95}) {
    const auto at = std::size_t(std::ceil(share * double(n) - 1e-9)) - 1;
    within.push_back({{"share", share}, {"error", errors[std::min(at, n - 1)]}});
  }
  return {{"histogram", HistogramJson(residuals)},
          {"by_prediction", ByPredictionJson(scored)},
          {"within", within},
          {"examples", ExamplesJson(input)}};
}

}  // namespace tagwerk::evaluate
