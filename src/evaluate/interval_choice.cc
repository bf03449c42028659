#include "evaluate/interval_choice.h"

#include <algorithm>
#include <cmath>

#include "evaluate/decision.h"

namespace tagwerk::evaluate {
namespace {

constexpr double kWorthIt = 0.99;  ///< a richer kind needs at most this share of the simpler one's score

struct Reach {
  double below = 0, above = 0;
};

Reach ReachOf(std::vector<double> scaled, bool asymmetric, double level) {
  const double share = asymmetric ? (1 + level) / 2 : level;
  if (!asymmetric)
    for (double& e : scaled) e = std::abs(e);
  const double above = QuantileOf(scaled, share);
  if (!asymmetric) return {above, above};
  return {-QuantileOf(scaled, 1 - share), above};
}

/// Mean of width + 2 / (1 - level) times what lies outside.
double IntervalScore(std::span<const double> errors, std::span<const double> spread, const Reach& reach, double level) {
  double sum = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double below = -reach.below * spread[i], above = reach.above * spread[i];
    const double outside = std::max({below - errors[i], errors[i] - above, 0.0});
    sum += above - below + 2 / (1 - level) * outside;
  }
  return sum / double(std::max<std::size_t>(1, errors.size()));
}

std::vector<double> Scaled(std::span<const double> errors, std::span<const double> spread) {
  std::vector<double> scaled(errors.size());
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] = errors[i] / spread[i];
  return scaled;
}

/// Reaches from every second row, judged on the others, and the other way round.
double CrossScore(std::span<const double> errors, std::span<const double> spread, bool asymmetric, double level) {
  std::vector<double> half_errors[2], half_spread[2];
  for (std::size_t i = 0; i < errors.size(); ++i) {
    half_errors[i % 2].push_back(errors[i]);
    half_spread[i % 2].push_back(spread[i]);
  }
  double sum = 0;
  for (const int h : {0, 1})
    sum += 0.5 * IntervalScore(half_errors[h], half_spread[h],
                               ReachOf(Scaled(half_errors[1 - h], half_spread[1 - h]), asymmetric, level), level);
  return sum;
}

}  // namespace

IntervalChoice ChooseInterval(std::span<const double> errors, std::span<const double> spread, double floor,
                              double level) {
  IntervalChoice choice;
  choice.evidence = Json::object();
  std::vector<double> kept, ones, sizes;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (!spread.empty() && spread[i] == 0) continue;
    kept.push_back(errors[i]);
    ones.push_back(1);
    if (!spread.empty()) sizes.push_back(std::max(spread[i], floor));
  }
  choice.scaled.assign(errors.begin(), errors.end());
  if (kept.size() < 20) return choice;
  double best = INFINITY;
  const auto consider = [&](const char* kind, std::span<const double> by, bool is_spread, bool asymmetric) {
    const double score = CrossScore(kept, by, asymmetric, level);
    choice.evidence[kind] = score;
    if (!(score < (std::isinf(best) ? INFINITY : kWorthIt * best))) return;
    best = score;
    choice.kind = kind;
    choice.by_spread = is_spread;
    choice.asymmetric = asymmetric;
  };
  consider("constant", ones, false, false);
  consider("constant_skewed", ones, false, true);
  if (!sizes.empty()) {
    consider("spread", sizes, true, false);
    consider("spread_skewed", sizes, true, true);
    if (choice.by_spread) choice.scaled = Scaled(kept, sizes);
  }
  return choice;
}

std::vector<double> ThinnedSorted(std::vector<double> values, std::size_t most) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  if (n <= most) return values;
  std::vector<double> out;
  for (std::size_t j = 1; j <= most; ++j) out.push_back(values[std::min(((n + 1) * j + most) / (most + 1), n) - 1]);
  return out;
}

}  // namespace tagwerk::evaluate
