// Which law a column of numbers follows: normal, log-normal, uniform, exponential for measures; binomial,
// Poisson, geometric, uniform for counts. Parameters by maximum likelihood (binomial by moments); tests by
// Anderson-Darling with estimated parameters (Stephens 1974; D'Agostino & Stephens 1986, table 4.9),
// Kolmogorov-Smirnov and chi-square. p-values explode with n, so every fit also has a distance: the
// largest gap of the distribution functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tagwerk::stats {

enum class Law : std::uint8_t { kNormal, kLogNormal, kUniform, kExponential, kBinomial, kPoisson, kGeometric };
std::string_view LawName(Law law);  ///< "normal", "log_normal", ...

struct LawFit {
  Law law = Law::kNormal;
  /// normal: mean, sd; log-normal: mean and sd of the logarithm; uniform: low, high; exponential: mean;
  /// binomial: trials, probability; Poisson: mean; geometric: probability, least value (0 or 1).
  double a = 0, b = 0;
  double distance = 1;   ///< largest |F - empirical F|
  double statistic = 0;  ///< Anderson-Darling A^2; uniform: Kolmogorov-Smirnov; counts: chi-square
  double p_value = 0;
  double aic = 0;  ///< Akaike's criterion: lower fits better
};

/// Fits measures. `sorted`: ascending, finite, at least 8 values, not all equal; else nothing. `whole`: the
/// values are rounded to whole numbers; then only the distance counts and p-values are NaN.
std::vector<LawFit> FitMeasures(std::span<const double> sorted, bool whole = false);
/// Fits counts: ascending whole numbers from 0; else nothing.
std::vector<LawFit> FitCounts(std::span<const double> sorted);

}  // namespace tagwerk::stats
