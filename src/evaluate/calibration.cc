// Calibration: does what is predicted happen as often as predicted. Bins of equal mass with Wilson
// intervals for probabilities; observed coverage of the prediction intervals for numbers.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluate/evaluate.h"
#include "stats/tests.h"

namespace tagwerk::evaluate {
namespace {

constexpr int kBins = 10;

struct Claims {
  std::vector<double> predicted;
  std::vector<bool> happened;
};

// Binary: the positive class. Multiclass: the most likely class.
Claims ClaimsOf(const metrics::Scored& scored) {
  const std::size_t n = scored.truth.size(), k = std::size_t(scored.num_classes);
  Claims claims{std::vector<double>(n), std::vector<bool>(n)};
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = scored.scores.data() + i * k;
    const std::size_t cls =
        scored.task == Task::kBinary ? std::size_t(scored.positive) : std::size_t(std::max_element(row, row + k) - row);
    claims.predicted[i] = row[cls];
    claims.happened[i] = scored.truth[i] == double(cls);
  }
  return claims;
}

struct Bin {
  double weight = 0, squares = 0, predicted = 0, happened = 0;
  std::int64_t rows = 0;
};

// Equal predictions share a bin: the one that holds the middle of their mass.
std::vector<Bin> BinsOf(const Claims& claims, std::span<const double> weight) {
  const std::size_t n = claims.predicted.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return claims.predicted[a] < claims.predicted[b]; });
  const auto weight_of = [&](std::size_t i) { return weight.empty() ? 1.0 : weight[i]; };
  double total = 0, before = 0;
  for (std::size_t i = 0; i < n; ++i) total += weight_of(i);
  std::vector<Bin> bins(kBins);
  for (std::size_t begin = 0; begin < n && total > 0;) {
    std::size_t end = begin;
    double tied = 0;
    do tied += weight_of(order[end++]);
    while (end < n && claims.predicted[order[end]] == claims.predicted[order[begin]]);
    Bin& bin = bins[std::size_t(std::min(kBins - 1, int(kBins * ((before + tied / 2) / total))))];
    for (; begin < end; ++begin) {
      const double w = weight_of(order[begin]);
      bin.weight += w;
      bin.squares += w * w;
      bin.predicted += w * claims.predicted[order[begin]];
      bin.happened += claims.happened[order[begin]] ? w : 0;
      ++bin.rows;
    }
    before += tied;
  }
  std::erase_if(bins, [](const Bin& bin) { return !(bin.weight > 0); });
  return bins;
}

Json CoverageJson(const EvaluateInput& input) {
  Json coverage = Json::array();
  const std::size_t n = input.scored.truth.size();
  for (const auto& [level, half_width] : input.half_widths) {
    double inside = 0;
    for (std::size_t i = 0; i < n; ++i)
      inside += std::abs(input.scored.truth[i] - input.scored.scores[i]) <= half_width;
    if (n == 0) continue;
    const stats::Range range = stats::WilsonInterval(inside, double(n));
    coverage.push_back({{"level", level}, {"observed", inside / double(n)}, {"low", range.low}, {"high", range.high}});
  }
  return {{"coverage", coverage}};
}

}  // namespace

Json CalibrationJson(const EvaluateInput& input) {
  if (input.scored.task == Task::kRegression) return CoverageJson(input);
  Json bins = Json::array();
  for (const Bin& bin : BinsOf(ClaimsOf(input.scored), input.scored.weight)) {
    const double observed = bin.happened / bin.weight;
    // Unequal weights count as fewer rows (Kish 1965).
    const double trials = bin.weight * bin.weight / bin.squares;
    const stats::Range range = stats::WilsonInterval(observed * trials, trials);
    bins.push_back({{"predicted", bin.predicted / bin.weight},
                    {"observed", observed},
                    {"low", range.low},
                    {"high", range.high},
                    {"rows", bin.rows}});
  }
  const auto ece = metrics::FindMetric("ece", input.scored.task);
  return {{"bins", bins}, {"error", (*ece)->compute(input.scored)}};
}

}  // namespace tagwerk::evaluate
