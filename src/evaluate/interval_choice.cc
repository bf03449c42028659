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

/// Errors of the rows that count, and what each is measured in on its side of the estimate.
struct Measured {
  std::vector<double> errors, below, above;

  void Add(double error, double down, double up) {
    errors.push_back(error);
    below.push_back(down);
    above.push_back(up);
  }
  std::vector<double> Scaled() const {
    std::vector<double> scaled(errors.size());
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] = errors[i] / (errors[i] > 0 ? above[i] : below[i]);
    return scaled;
  }
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
double IntervalScore(const Measured& rows, const Reach& reach, double level) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.errors.size(); ++i) {
    const double below = -reach.below * rows.below[i], above = reach.above * rows.above[i];
    const double outside = std::max({below - rows.errors[i], rows.errors[i] - above, 0.0});
    sum += above - below + 2 / (1 - level) * outside;
  }
  return sum / double(std::max<std::size_t>(1, rows.errors.size()));
}

/// Reaches from every second row, judged on the others, and the other way round.
double CrossScore(const Measured& rows, bool asymmetric, double level) {
  Measured half[2];
  for (std::size_t i = 0; i < rows.errors.size(); ++i) half[i % 2].Add(rows.errors[i], rows.below[i], rows.above[i]);
  double sum = 0;
  for (const int h : {0, 1})
    sum += 0.5 * IntervalScore(half[h], ReachOf(half[1 - h].Scaled(), asymmetric, level), level);
  return sum;
}

}  // namespace

IntervalChoice ChooseInterval(std::span<const double> errors, const IntervalWidths& widths, double level) {
  IntervalChoice choice;
  choice.evidence = Json::object();
  choice.scaled.assign(errors.begin(), errors.end());
  Measured constant, spread, quantiles;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (!widths.spread.empty() && widths.spread[i] == 0) continue;
    constant.Add(errors[i], 1, 1);
    if (!widths.spread.empty()) {
      const double size = std::max(widths.spread[i], widths.spread_floor);
      spread.Add(errors[i], size, size);
    }
    if (!widths.above.empty())
      quantiles.Add(errors[i], std::max(widths.below[i], widths.quantile_floor),
                    std::max(widths.above[i], widths.quantile_floor));
  }
  if (constant.errors.size() < 20) return choice;
  double best = INFINITY;
  const auto consider = [&](const char* kind, const Measured& rows, bool asymmetric) {
    const double score = CrossScore(rows, asymmetric, level);
    choice.evidence[kind] = score;
    if (!(score < (std::isinf(best) ? INFINITY : kWorthIt * best))) return;
    best = score;
    choice.kind = kind;
    choice.by_spread = &rows == &spread;
    choice.by_quantiles = &rows == &quantiles;
    choice.asymmetric = asymmetric;
    choice.scaled = rows.Scaled();
  };
  consider("constant", constant, false);
  consider("constant_skewed", constant, true);
  if (!spread.errors.empty()) {
    consider("spread", spread, false);
    consider("spread_skewed", spread, true);
  }
  if (!quantiles.errors.empty()) consider("quantiles", quantiles, false);
  if (!choice.by_spread && !choice.by_quantiles) choice.scaled.assign(errors.begin(), errors.end());
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
