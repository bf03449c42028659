// Calibration: does what is predicted happen as often as predicted. Bins of equal mass with Wilson
// intervals for probabilities; observed coverage of the prediction intervals for numbers.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "evaluate/evaluate.h"
#include "stats/tests.h"

namespace tagwerk::evaluate {
namespace {

constexpr int kBins = 10;       ///< drawn
constexpr int kErrorBins = 15;  ///< of the calibration error, as the metric ece has them

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
  double variance = 0;  ///< of `happened` if what is predicted is true
  std::int64_t rows = 0;
};

// Equal predictions share a bin: the one that holds the middle of their mass.
std::vector<Bin> BinsOf(const Claims& claims, std::span<const double> weight, int count) {
  const std::size_t n = claims.predicted.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return claims.predicted[a] < claims.predicted[b]; });
  const auto weight_of = [&](std::size_t i) { return weight.empty() ? 1.0 : weight[i]; };
  double total = 0, before = 0;
  for (std::size_t i = 0; i < n; ++i) total += weight_of(i);
  std::vector<Bin> bins(static_cast<std::size_t>(count));
  for (std::size_t begin = 0; begin < n && total > 0;) {
    std::size_t end = begin;
    double tied = 0;
    do tied += weight_of(order[end++]);
    while (end < n && claims.predicted[order[end]] == claims.predicted[order[begin]]);
    Bin& bin = bins[std::size_t(std::min(count - 1, int(count * ((before + tied / 2) / total))))];
    for (; begin < end; ++begin) {
      const double w = weight_of(order[begin]);
      bin.weight += w;
      bin.squares += w * w;
      bin.predicted += w * claims.predicted[order[begin]];
      bin.happened += claims.happened[order[begin]] ? w : 0;
      bin.variance += w * w * claims.predicted[order[begin]] * (1 - claims.predicted[order[begin]]);
      ++bin.rows;
    }
    before += tied;
  }
  std::erase_if(bins, [](const Bin& bin) { return !(bin.weight > 0); });
  return bins;
}

struct ErrorParts {
  /// Root of the mean squared gap without what chance adds to it (Kumar, Liang & Ma 2019, definition 4.1).
  double debiased = 0;
  double by_chance = 0;  ///< mean absolute gap of a model that is exactly right, on these rows
};

/// A bin of few rows is off by chance alone, and the mean of absolute gaps adds that up.
ErrorParts PartsOfError(const std::vector<Bin>& bins) {
  ErrorParts out;
  double total = 0;
  for (const Bin& bin : bins) {
    const double gap = (bin.happened - bin.predicted) / bin.weight, seen = bin.happened / bin.weight;
    const double trials = bin.weight * bin.weight / bin.squares;
    const double noise = trials > 1 ? seen * (1 - seen) / (trials - 1) : gap * gap;
    out.debiased += bin.weight * (gap * gap - noise);
    out.by_chance += std::sqrt(2 / std::numbers::pi * bin.variance);  // mean of a folded normal, times the weight
    total += bin.weight;
  }
  if (!(total > 0)) return {};
  return {std::sqrt(std::max(0.0, out.debiased / total)), out.by_chance / total};
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
  const Claims claims = ClaimsOf(input.scored);
  for (const Bin& bin : BinsOf(claims, input.scored.weight, kBins)) {
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
  const ErrorParts parts = PartsOfError(BinsOf(claims, input.scored.weight, kErrorBins));
  return {{"bins", bins},
          {"error", (*ece)->compute(input.scored)},
          {"error_debiased", parts.debiased},
          {"error_by_chance", parts.by_chance}};
}

}  // namespace tagwerk::evaluate
