// Correlation ratio, Cramer's V and Theil's U; see association.h.
#include "stats/association.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::stats {
namespace {

double Entropy(const std::vector<double>& counts, double total) {
  double sum = 0;
  for (const double n : counts) {
    if (n > 0) sum -= n / total * std::log(n / total);
  }
  return sum;
}

}  // namespace

double FSurvival(double f, double numerator_degrees, double denominator_degrees) {
  if (std::isnan(f) || numerator_degrees <= 0 || denominator_degrees <= 0) return std::nan("");
  if (f <= 0) return 1;
  const double x = denominator_degrees / (denominator_degrees + numerator_degrees * f);
  return RegularizedBeta(denominator_degrees / 2, numerator_degrees / 2, x);
}

GroupRelation CorrelationRatio(std::span<const double> values, std::span<const std::int32_t> group,
                               std::size_t groups) {
  std::vector<double> n(groups), sum(groups);
  double total = 0, all = 0, shift = 0;
  bool first = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (group[i] < 0 || std::isnan(values[i])) continue;
    if (first) shift = values[i], first = false;
    n[std::size_t(group[i])] += 1;
    sum[std::size_t(group[i])] += values[i] - shift;
    total += 1;
    all += values[i] - shift;
  }
  GroupRelation result;
  result.rows = total;
  result.groups = double(std::count_if(n.begin(), n.end(), [](double v) { return v > 0; }));
  if (result.groups < 2) return result;
  const double mean = all / total;
  double between = 0, spread = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (group[i] < 0 || std::isnan(values[i])) continue;
    const double d = values[i] - shift - mean;
    spread += d * d;
  }
  for (std::size_t g = 0; g < groups; ++g) {
    if (n[g] > 0) between += n[g] * (sum[g] / n[g] - mean) * (sum[g] / n[g] - mean);
  }
  if (spread <= 0) return result;
  const double share = std::min(1.0, between / spread);
  result.eta = std::sqrt(share);
  if (total > result.groups)
    result.eta_adjusted = std::sqrt(std::max(0.0, 1 - (1 - share) * (total - 1) / (total - result.groups)));
  return result;
}

TestResult KruskalWallis(const GroupRelation& of_ranks) {
  TestResult result;
  if (of_ranks.groups < 2) return result;
  result.statistic = (of_ranks.rows - 1) * of_ranks.eta * of_ranks.eta;
  result.degrees = of_ranks.groups - 1;
  result.p_value = ChiSquareSurvival(result.statistic, result.degrees);
  return result;
}

TableRelation TableAssociation(std::span<const double> counts, std::size_t rows, std::size_t columns) {
  TableRelation result;
  std::vector<double> row(rows), column(columns);
  double total = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      row[r] += counts[r * columns + c];
      column[c] += counts[r * columns + c];
      total += counts[r * columns + c];
    }
  }
  result.rows = total;
  const auto used = [](const std::vector<double>& side) {
    return double(std::count_if(side.begin(), side.end(), [](double v) { return v > 0; }));
  };
  const double r = used(row), c = used(column);
  if (r < 2 || c < 2 || total < 2) return result;
  result.chi_square = ChiSquareTest(counts, rows, columns);
  const double phi2 = std::max(0.0, result.chi_square.statistic / total - (r - 1) * (c - 1) / (total - 1));
  result.w = std::sqrt(phi2);
  const double r_less = r - (r - 1) * (r - 1) / (total - 1), c_less = c - (c - 1) * (c - 1) / (total - 1);
  const double room = std::min(r_less, c_less) - 1;
  result.cramers_v = room > 0 ? std::min(1.0, std::sqrt(phi2 / room)) : 0;
  double joint = 0;
  for (const double n : counts) {
    if (n > 0) joint -= n / total * std::log(n / total);
  }
  const double of_rows = Entropy(row, total), of_columns = Entropy(column, total);
  const double shared = std::max(0.0, of_rows + of_columns - joint);
  result.u_rows = of_rows > 0 ? std::min(1.0, shared / of_rows) : 0;
  result.u_columns = of_columns > 0 ? std::min(1.0, shared / of_columns) : 0;
  return result;
}

}  // namespace tagwerk::stats
