// Two-sample tests, correlations and intervals. References: Pearson 1900 (chi-square), Stephens 1970
// (finite-sample Kolmogorov-Smirnov), Welch 1947, Benjamini & Hochberg 1995, Wilson 1927.
#include "stats/tests.h"

#include "base/constants.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tagwerk::stats {
namespace {

std::vector<double> SortedFinite(std::span<const double> values) {
  std::vector<double> sorted;
  sorted.reserve(values.size());
  for (const double v : values) {
    if (!std::isnan(v)) sorted.push_back(v);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

struct Margins {
  std::vector<double> rows, columns;
  double total = 0;
  std::size_t used_rows = 0, used_columns = 0;
};

Margins MarginsOf(std::span<const double> counts, std::size_t rows, std::size_t columns) {
  Margins m{std::vector<double>(rows), std::vector<double>(columns)};
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      m.rows[r] += counts[r * columns + c];
      m.columns[c] += counts[r * columns + c];
    }
    m.total += m.rows[r];
  }
  const auto positive = [](double v) { return v > 0; };
  m.used_rows = std::count_if(m.rows.begin(), m.rows.end(), positive);
  m.used_columns = std::count_if(m.columns.begin(), m.columns.end(), positive);
  return m;
}

}  // namespace

TestResult ChiSquareTest(std::span<const double> counts, std::size_t rows, std::size_t columns) {
  const Margins m = MarginsOf(counts, rows, columns);
  TestResult result;
  if (m.used_rows < 2 || m.used_columns < 2) return result;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double expected = m.rows[r] * m.columns[c] / m.total;
      if (expected <= 0) continue;
      const double difference = counts[r * columns + c] - expected;
      result.statistic += difference * difference / expected;
    }
  }
  result.degrees = double(m.used_rows - 1) * double(m.used_columns - 1);
  result.p_value = ChiSquareSurvival(result.statistic, result.degrees);
  return result;
}

double CramersV(std::span<const double> counts, std::size_t rows, std::size_t columns) {
  const Margins m = MarginsOf(counts, rows, columns);
  const std::size_t smaller = std::min(m.used_rows, m.used_columns);
  if (smaller < 2 || m.total <= 0) return 0;
  const double chi2 = ChiSquareTest(counts, rows, columns).statistic;
  return std::sqrt(chi2 / (m.total * double(smaller - 1)));
}

double KolmogorovSurvival(double x) {
  if (x < 0.2) return 1;
  if (x < 1.18) {
    const double y = std::exp(-M_PI * M_PI / (8 * x * x));
    return 1 - std::sqrt(2 * M_PI) / x * (y + std::pow(y, 9) + std::pow(y, 25) + std::pow(y, 49));
  }
  const double y = std::exp(-2 * x * x);
  return std::clamp(2 * (y - std::pow(y, 4) + std::pow(y, 9)), 0.0, 1.0);
}

TestResult KolmogorovSmirnov(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> x = SortedFinite(a), y = SortedFinite(b);
  TestResult result;
  if (x.empty() || y.empty()) return result;
  std::size_t i = 0, j = 0;
  while (i < x.size() && j < y.size()) {
    const double value = std::min(x[i], y[j]);
    while (i < x.size() && x[i] == value) ++i;
    while (j < y.size() && y[j] == value) ++j;
    const double distance = std::fabs(double(i) / double(x.size()) - double(j) / double(y.size()));
    result.statistic = std::max(result.statistic, distance);
  }
  const double root = std::sqrt(double(x.size()) * double(y.size()) / double(x.size() + y.size()));
  result.p_value = KolmogorovSurvival((root + 0.12 + 0.11 / root) * result.statistic);
  return result;
}

double KolmogorovP(double distance, double n) {
  const double root = std::sqrt(n);
  return std::clamp(KolmogorovSurvival((root + 0.12 + 0.11 / root) * distance), 0.0, 1.0);
}

TestResult WelchTest(double mean_a, double sd_a, double n_a, double mean_b, double sd_b, double n_b) {
  TestResult result;
  if (n_a < 2 || n_b < 2) return result;
  const double va = sd_a * sd_a / n_a, vb = sd_b * sd_b / n_b;
  if (va + vb <= 0) {
    result.p_value = mean_a == mean_b ? 1 : 0;
    return result;
  }
  result.statistic = (mean_a - mean_b) / std::sqrt(va + vb);
  result.degrees = (va + vb) * (va + vb) / (va * va / (n_a - 1) + vb * vb / (n_b - 1));
  result.p_value = TwoSidedStudentP(result.statistic, result.degrees);
  return result;
}

double CorrelationP(double r, std::size_t n) {
  if (std::isnan(r) || n < 3) return kNaN;
  if (std::fabs(r) >= 1) return 0;
  return TwoSidedStudentP(r * std::sqrt(double(n - 2) / (1 - r * r)), double(n - 2));
}

std::vector<double> BenjaminiHochberg(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!std::isnan(p_values[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p_values[a] < p_values[b]; });
  std::vector<double> q(p_values.size(), kNaN);
  double smallest = 1;
  for (std::size_t k = order.size(); k > 0; --k) {
    smallest = std::min(smallest, p_values[order[k - 1]] * double(order.size()) / double(k));
    q[order[k - 1]] = smallest;
  }
  return q;
}

double Pearson(std::span<const double> x, std::span<const double> y) {
  double n = 0, mx = 0, my = 0, sxx = 0, syy = 0, sxy = 0;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    n += 1;
    const double dx = x[i] - mx, dy = y[i] - my;
    mx += dx / n;
    my += dy / n;
    sxx += dx * (x[i] - mx);
    syy += dy * (y[i] - my);
    sxy += dx * (y[i] - my);
  }
  if (n < 2 || sxx <= 0 || syy <= 0) return kNaN;
  return std::clamp(sxy / std::sqrt(sxx) / std::sqrt(syy), -1.0, 1.0);
}

double Spearman(std::span<const double> x, std::span<const double> y) {
  const std::size_t n = std::min(x.size(), y.size());
  std::vector<double> a, b;
  a.reserve(n);
  b.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    a.push_back(x[i]);
    b.push_back(y[i]);
  }
  return Pearson(AverageRanks(a), AverageRanks(b));
}

std::vector<double> AverageRanks(std::span<const double> values) {
  std::vector<std::size_t> order;
  order.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size(), kNaN);
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = 0.5 * double(begin + 1 + end);
    for (; begin < end; ++begin) ranks[order[begin]] = rank;
  }
  return ranks;
}

double SortedQuantile(std::span<const double> sorted, double q) {
  if (sorted.empty()) return kNaN;
  const double at = std::clamp(q, 0.0, 1.0) * double(sorted.size() - 1);
  const std::size_t low = std::size_t(at);
  if (low + 1 >= sorted.size()) return sorted.back();
  const double share = at - double(low);
  if (share == 0 || sorted[low] == sorted[low + 1]) return sorted[low];
  return sorted[low] * (1 - share) + sorted[low + 1] * share;
}

double Quantile(std::span<double> values, double q) {
  const double at = q * double(values.size() - 1);
  const auto low = std::size_t(at);
  std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(low), values.end());
  const double a = values[low];
  if (low + 1 == values.size()) return a;
  const double b = *std::min_element(values.begin() + std::ptrdiff_t(low) + 1, values.end());
  return a + (at - double(low)) * (b - a);
}

Range WilsonInterval(double successes, double trials, double level) {
  if (trials <= 0) return {0, 1};
  const double z = NormalQuantile(0.5 + level / 2), z2 = z * z, p = successes / trials;
  const double centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const double half = z / (1 + z2 / trials) * std::sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Range MeanInterval(double mean, double sd, double n, double level) {
  if (n < 2) return {kNaN, kNaN};
  const double half = StudentQuantile(0.5 + level / 2, n - 1) * sd / std::sqrt(n);
  return {mean - half, mean + half};
}

}  // namespace tagwerk::stats
