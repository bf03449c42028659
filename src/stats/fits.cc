// Fitting laws; see fits.h.
#include "stats/fits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "base/constants.h"
#include "stats/tests.h"

namespace tagwerk::stats {
namespace {

constexpr std::size_t kLeastValues = 8;
constexpr double kLeastExpected = 5;  ///< of a bin of the chi-square test

/// A^2 of ascending probabilities F(x_i), kept off 0 and 1.
double AndersonDarling(std::span<const double> below) {
  const std::size_t n = below.size();
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double p = std::clamp(below[i], 1e-300, 1 - 1e-16), q = std::clamp(1 - below[n - 1 - i], 1e-300, 1.0);
    sum += (2 * double(i) + 1) * (std::log(p) + std::log(q));
  }
  return -double(n) - sum / double(n);
}

/// Mean and variance unknown (D'Agostino & Stephens 1986, table 4.9).
double NormalP(double a2, double n) {
  const double a = a2 * (1 + 0.75 / n + 2.25 / (n * n));
  if (a >= 13) return 0;
  if (a >= 0.6) return std::exp(1.2937 - 5.709 * a + 0.0186 * a * a);
  if (a > 0.34) return std::exp(0.9177 - 4.279 * a - 1.38 * a * a);
  if (a > 0.2) return 1 - std::exp(-8.318 + 42.796 * a - 59.938 * a * a);
  return 1 - std::exp(-13.436 + 101.14 * a - 223.73 * a * a);
}

/// Mean unknown: Stephens' upper points, their logarithm interpolated, the last slope beyond.
double ExponentialP(double a2, double n) {
  constexpr std::array<std::pair<double, double>, 9> kPoints = {{{0.736, 0.25},
                                                                 {0.816, 0.2},
                                                                 {0.916, 0.15},
                                                                 {1.062, 0.1},
                                                                 {1.321, 0.05},
                                                                 {1.591, 0.025},
                                                                 {1.959, 0.01},
                                                                 {2.244, 0.005},
                                                                 {2.534, 0.0025}}};
  const double a = a2 * (1 + 0.6 / n);
  if (a < kPoints[0].first) return 1 - (1 - kPoints[0].second) * std::max(0.0, a - 0.2) / (kPoints[0].first - 0.2);
  std::size_t i = 1;
  while (i + 1 < kPoints.size() && a > kPoints[i].first) ++i;
  const auto [x0, p0] = kPoints[i - 1];
  const auto [x1, p1] = kPoints[i];
  return std::exp(std::log(p0) + (a - x0) / (x1 - x0) * (std::log(p1) - std::log(p0)));
}

/// Largest gap between F and the steps of the sample. Rounded values: F half a unit above each of them.
double Distance(std::span<const double> sorted, bool whole, const std::function<double(double)>& cdf) {
  const double n = double(sorted.size());
  double largest = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (whole) {
      largest = std::max(largest, std::fabs(cdf(sorted[i] + 0.5) - double(end) / n));
    } else {
      const double at = cdf(sorted[i]);
      largest = std::max({largest, at - double(i) / n, double(end) / n - at});
    }
    i = end;
  }
  return largest;
}

std::vector<double> Probabilities(std::span<const double> sorted, const std::function<double(double)>& cdf) {
  std::vector<double> below(sorted.size());
  std::transform(sorted.begin(), sorted.end(), below.begin(), cdf);
  return below;
}

struct MeanSd {
  double mean = 0, sd = 0;  ///< sd with n - 1
};
MeanSd MomentsOf(std::span<const double> values) {
  double n = 0, mean = 0, m2 = 0;
  for (const double v : values) {
    n += 1;
    const double d = v - mean;
    mean += d / n;
    m2 += d * (v - mean);
  }
  return {mean, n > 1 ? std::sqrt(m2 / (n - 1)) : 0};
}

/// -2 log likelihood of a normal sample at its estimates, plus 4.
double NormalAic(double sd, double n) {
  const double ml = sd * std::sqrt((n - 1) / n);
  return n * (std::log(2 * M_PI) + 2 * std::log(ml) + 1) + 4;
}

LawFit FitNormal(std::span<const double> sorted, bool whole) {
  const auto [mean, sd] = MomentsOf(sorted);
  LawFit fit{Law::kNormal, mean, sd};
  const auto cdf = [&](double x) { return NormalCdf((x - mean) / sd); };
  fit.distance = Distance(sorted, whole, cdf);
  fit.statistic = AndersonDarling(Probabilities(sorted, cdf));
  fit.p_value = NormalP(fit.statistic, double(sorted.size()));
  fit.aic = NormalAic(sd, double(sorted.size()));
  return fit;
}

LawFit FitLogNormal(std::span<const double> sorted, bool whole) {
  std::vector<double> logs(sorted.size());
  double sum = 0;
  for (std::size_t i = 0; i < logs.size(); ++i) sum += logs[i] = std::log(sorted[i]);
  LawFit fit = FitNormal(logs, false);
  fit.law = Law::kLogNormal;
  fit.aic += 2 * sum;  // density of x: that of its logarithm over x
  if (whole) fit.distance = Distance(sorted, true, [&](double x) { return NormalCdf((std::log(x) - fit.a) / fit.b); });
  return fit;
}

/// Given its ends, the values between them are uniform: the test runs on those.
LawFit FitUniform(std::span<const double> sorted, bool whole) {
  const double low = sorted.front() - (whole ? 0.5 : 0), high = sorted.back() + (whole ? 0.5 : 0);
  LawFit fit{Law::kUniform, sorted.front(), sorted.back()};
  const auto cdf = [&](double x) { return std::clamp((x - low) / (high - low), 0.0, 1.0); };
  fit.distance = Distance(sorted, whole, cdf);
  const auto inner = sorted.subspan(1, sorted.size() - 2);
  fit.statistic = Distance(inner, false, cdf);
  fit.p_value = KolmogorovP(fit.statistic, double(inner.size()));
  fit.aic = 2 * double(sorted.size()) * std::log(high - low) + 4;
  return fit;
}

LawFit FitExponential(std::span<const double> sorted, bool whole) {
  const double n = double(sorted.size()), mean = MomentsOf(sorted).mean;
  LawFit fit{Law::kExponential, mean, 0};
  const auto cdf = [&](double x) { return x <= 0 ? 0 : -std::expm1(-x / mean); };
  fit.distance = Distance(sorted, whole, cdf);
  fit.statistic = AndersonDarling(Probabilities(sorted, cdf));
  fit.p_value = ExponentialP(fit.statistic, n);
  fit.aic = 2 * n * (std::log(mean) + 1) + 2;
  return fit;
}

struct Tally {
  std::vector<double> counts;  ///< by value from 0
  double n = 0, mean = 0, variance = 0;
};

/// Chi-square of observed counts against probabilities of the values from 0; what lies beyond the largest
/// value seen belongs to the last bin. Neighbours are joined until 5 are expected.
void TestCounts(const Tally& tally, const std::vector<double>& probability, int estimated, LawFit& fit) {
  double seen = 0, expected = 0, below_seen = 0, below = 0, used = 0;
  double chi2 = 0;
  int bins = 0;
  fit.distance = 0;
  double likelihood = 0;
  for (std::size_t v = 0; v < tally.counts.size(); ++v) {
    seen += tally.counts[v];
    expected += tally.n * probability[v];
    below_seen += tally.counts[v] / tally.n;
    below += probability[v];
    fit.distance = std::max(fit.distance, std::fabs(below - below_seen));
    if (tally.counts[v] > 0) likelihood += tally.counts[v] * std::log(std::max(probability[v], 1e-300));
    const double left = tally.n - used - expected;
    if (expected >= kLeastExpected && left >= kLeastExpected) {
      chi2 += (seen - expected) * (seen - expected) / expected;
      used += expected;
      seen = expected = 0;
      ++bins;
    }
  }
  const double rest = tally.n - used;  // the last bin, with all values beyond
  if (rest > 0) {
    chi2 += (seen - rest) * (seen - rest) / rest;
    ++bins;
  }
  fit.statistic = chi2;
  fit.p_value = bins - 1 - estimated > 0 ? ChiSquareSurvival(chi2, bins - 1 - estimated) : kNaN;
  fit.aic = 2 * estimated - 2 * likelihood;
}

LawFit FitPoisson(const Tally& tally) {
  LawFit fit{Law::kPoisson, tally.mean, 0};
  std::vector<double> p(tally.counts.size());
  for (std::size_t v = 0; v < p.size(); ++v)
    p[v] = std::exp(double(v) * std::log(tally.mean) - tally.mean - std::lgamma(double(v) + 1));
  TestCounts(tally, p, 1, fit);
  return fit;
}

LawFit FitGeometric(const Tally& tally, std::size_t least) {
  const double chance = 1 / (tally.mean - double(least) + 1);
  LawFit fit{Law::kGeometric, chance, double(least)};
  std::vector<double> p(tally.counts.size());
  for (std::size_t v = least; v < p.size(); ++v) p[v] = chance * std::pow(1 - chance, double(v - least));
  TestCounts(tally, p, 1, fit);
  return fit;
}

LawFit FitBinomial(const Tally& tally) {
  const double most = double(tally.counts.size() - 1);
  const double trials = std::max(most, std::round(tally.mean * tally.mean / (tally.mean - tally.variance)));
  const double chance = tally.mean / trials;
  LawFit fit{Law::kBinomial, trials, chance};
  std::vector<double> p(tally.counts.size());
  for (std::size_t v = 0; v < p.size(); ++v) {
    const double k = double(v);
    const double ways = std::lgamma(trials + 1) - std::lgamma(k + 1) - std::lgamma(trials - k + 1);
    const double rest = trials > k ? (trials - k) * std::log1p(-chance) : 0;
    p[v] = std::exp(ways + (k > 0 ? k * std::log(chance) : 0) + rest);
  }
  TestCounts(tally, p, 2, fit);
  return fit;
}

LawFit FitUniformCounts(const Tally& tally, std::size_t least) {
  LawFit fit{Law::kUniform, double(least), double(tally.counts.size() - 1)};
  std::vector<double> p(tally.counts.size());
  for (std::size_t v = least; v < p.size(); ++v) p[v] = 1 / double(p.size() - least);
  TestCounts(tally, p, 0, fit);
  fit.aic += 4;  // both ends are taken from the sample
  return fit;
}

}  // namespace

std::string_view LawName(Law law) {
  constexpr std::string_view kNames[] = {"normal",   "log_normal", "uniform",  "exponential",
                                         "binomial", "poisson",    "geometric"};
  return kNames[std::size_t(law)];
}

std::vector<LawFit> FitMeasures(std::span<const double> sorted, bool whole) {
  if (sorted.size() < kLeastValues || !(sorted.front() < sorted.back()) || !std::isfinite(sorted.front()) ||
      !std::isfinite(sorted.back()))
    return {};
  std::vector<LawFit> fits = {FitNormal(sorted, whole), FitUniform(sorted, whole)};
  if (sorted.front() > 0) fits.push_back(FitLogNormal(sorted, whole));
  if (sorted.front() >= 0) fits.push_back(FitExponential(sorted, whole));
  if (whole) {
    for (LawFit& fit : fits) fit.p_value = kNaN;
  }
  return fits;
}

std::vector<LawFit> FitCounts(std::span<const double> sorted) {
  constexpr double kMostCount = 1000;
  if (sorted.size() < kLeastValues || sorted.front() < 0 || !(sorted.front() < sorted.back()) ||
      sorted.back() > kMostCount)
    return {};
  Tally tally;
  tally.counts.resize(std::size_t(sorted.back()) + 1);
  for (const double v : sorted) {
    if (v != std::trunc(v)) return {};
    tally.counts[std::size_t(v)] += 1;
  }
  tally.n = double(sorted.size());
  const auto [mean, sd] = MomentsOf(sorted);
  tally.mean = mean;
  tally.variance = sd * sd;
  std::vector<LawFit> fits = {FitPoisson(tally), FitUniformCounts(tally, std::size_t(sorted.front()))};
  if (sorted.front() <= 1) fits.push_back(FitGeometric(tally, std::size_t(sorted.front())));
  if (tally.variance < tally.mean) fits.push_back(FitBinomial(tally));
  return fits;
}

}  // namespace tagwerk::stats
