// Distributions and hypothesis tests: p-values and quantiles of the normal, chi-square and t laws,
// two-sample tests for numbers and counts, correlations, and intervals of shares and means.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tagwerk::stats {

// ---- distributions
double NormalCdf(double z);
double NormalQuantile(double p);                       ///< -inf at 0, inf at 1
double RegularizedGammaQ(double a, double x);          ///< upper tail, Gamma(a, x) / Gamma(a)
double RegularizedBeta(double a, double b, double x);  ///< I_x(a, b)
double ChiSquareSurvival(double x, double degrees);    ///< P(X > x)
double ChiSquareQuantile(double p, double degrees);
double StudentCdf(double t, double degrees);
double StudentQuantile(double p, double degrees);
/// P(K > x) of the Kolmogorov law: 2 sum (-1)^(k-1) exp(-2 k^2 x^2); by its theta form for small x.
double KolmogorovSurvival(double x);
double TwoSidedNormalP(double z);  ///< P(|Z| >= |z|)
double TwoSidedStudentP(double t, double degrees);

// ---- tests
struct TestResult {
  double statistic = 0;
  double degrees = 0;  ///< where the law has them
  double p_value = 1;
};
/// Pearson's test of independence on a table of counts (row-major); empty rows and columns are left out.
TestResult ChiSquareTest(std::span<const double> counts, std::size_t rows, std::size_t columns);
/// Cramer's V of the same table, 0..1, without bias correction.
double CramersV(std::span<const double> counts, std::size_t rows, std::size_t columns);
/// Two-sample Kolmogorov-Smirnov; NaN are left out; p from the asymptotic law with Stephens' correction.
TestResult KolmogorovSmirnov(std::span<const double> a, std::span<const double> b);
/// p-value of a one-sample distance of n values (Stephens 1970).
double KolmogorovP(double distance, double n);
/// Difference of two independent means without equal variances (Welch).
TestResult WelchTest(double mean_a, double sd_a, double n_a, double mean_b, double sd_b, double n_b);
/// p-value of a correlation r of n pairs (t law with n - 2 degrees).
double CorrelationP(double r, std::size_t n);
/// Benjamini-Hochberg q-values in the order of the p-values; NaN stay NaN and do not count.
std::vector<double> BenjaminiHochberg(std::span<const double> p_values);

// ---- association
/// Pairs with a NaN are left out; NaN when fewer than 2 pairs or a constant side.
double Pearson(std::span<const double> x, std::span<const double> y);
double Spearman(std::span<const double> x, std::span<const double> y);
/// Ranks from 1, ties get their mean rank; NaN get NaN.
std::vector<double> AverageRanks(std::span<const double> values);

// ---- description and intervals
/// Quantile by linear interpolation between order statistics (type 7) of ascending values.
double SortedQuantile(std::span<const double> sorted, double q);
/// The same of values in any order, at least one; reorders them. Linear time.
double Quantile(std::span<double> values, double q);
struct Range {
  double low = 0, high = 0;
};
/// Wilson's score interval of a share.
Range WilsonInterval(double successes, double trials, double level = 0.95);
/// t interval of a mean.
Range MeanInterval(double mean, double sd, double n, double level = 0.95);

}  // namespace tagwerk::stats
