// Single values far outside the others, by the median and the median absolute deviation (Hampel 1974).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "profile/checks.h"
#include "profile/source_line.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr double kLimit = 10;    ///< robust standard deviations
constexpr double kLogLimit = 6;  ///< the same of the logarithms, for long tails

/// Positive columns with a long tail upwards (income, prices): what is far on the scale of the numbers may
/// be ordinary on that of their logarithms. Returns the value from which it is far there too; else -inf.
double LongTail(const ColumnProfile& column, const std::vector<double>& values) {
  const double low = column.quantiles[3], middle = column.quantiles[5], high = column.quantiles[7];
  if (!(column.min > 0) || !(high - middle > 1.5 * (middle - low))) return -INFINITY;
  std::vector<double> logs(values.size());
  std::transform(values.begin(), values.end(), logs.begin(), [](double v) { return std::log(v); });
  const double median = stats::Quantile(logs, 0.5);
  for (double& v : logs) v = std::fabs(v - median);
  return std::exp(median + kLogLimit * 1.4826 * stats::Quantile(logs, 0.5));
}

/// Most columns need no second look: the spread is at least the nearer quartile's distance.
bool MayHaveOutliers(const CheckState& state, std::size_t c) {
  const ColumnProfile& column = state.profile.columns[c];
  if (!(state.IsOpen(c) || state.IsTarget(c)) || column.distinct < 10) return false;
  if (state.table.column(c).storage() != table::Storage::kDouble) return false;
  const double middle = column.quantiles[5];
  const double least = 1.4826 * std::min(column.quantiles[6] - middle, middle - column.quantiles[4]);
  return !column.distinct_exact || std::max(column.max - middle, middle - column.min) > kLimit * least;
}

std::optional<Finding> OutliersOf(const CheckState& state, std::size_t c) {
  const ColumnProfile& column = state.profile.columns[c];
  const std::vector<double>& all = *state.table.column(c).doubles();
  std::vector<double> values;
  values.reserve(all.size());
  for (const double v : all) {
    if (std::isfinite(v)) values.push_back(v);
  }
  if (values.size() < 50) return std::nullopt;
  const bool known = column.distinct_exact && std::isfinite(column.min) && std::isfinite(column.max);
  const double median = known ? column.quantiles[5] : stats::Quantile(values, 0.5);
  std::vector<double> distance(values.size());
  std::transform(values.begin(), values.end(), distance.begin(), [&](double v) { return std::fabs(v - median); });
  const double spread = 1.4826 * stats::Quantile(distance, 0.5);
  if (spread <= 0) return std::nullopt;
  const double long_tail = LongTail(column, values);
  const auto outside = [&](double v) {
    return std::isfinite(v) && std::fabs(v - median) > kLimit * spread && (v < median || v > long_tail);
  };
  const std::int64_t far = std::count_if(values.begin(), values.end(), outside);
  // More than one in a hundred is a long tail, not a set of outliers.
  if (far == 0 || double(far) > 0.01 * double(values.size())) return std::nullopt;
  const bool above = column.max - median > median - column.min;
  const double limit = above ? std::max(long_tail, median + kLimit * spread) : median - kLimit * spread;
  Finding finding = MakeFinding("value.outliers", Severity::kNote, state.Name(c), "finding.outliers",
                                {{"count", far}, {"limit", limit}});
  finding.rows = far;
  finding.brief = Count(far) + (far == 1 ? " value" : " values") + fmt::format(" far outside (beyond {:.4g})", limit);
  finding.evidence = {
      {"median", median}, {"robust_sd", spread}, {"limit", limit}, {"min", column.min}, {"max", column.max}};
  for (std::size_t row = 0; row < all.size() && finding.examples.size() < 5; ++row) {
    if (outside(all[row])) finding.examples.push_back(ExampleAt(state.read, row, Shortest(all[row])));
  }
  return finding;
}

}  // namespace

void CheckOutliers(CheckState& state) {
  std::vector<std::optional<Finding>> found(state.table.num_columns());
  state.context.pool->For(found.size(), [&](std::size_t c) {
    if (!state.context.Stopped() && MayHaveOutliers(state, c)) found[c] = OutliersOf(state, c);
  });
  for (auto& finding : found) {
    if (finding) state.profile.findings.push_back(std::move(*finding));
  }
}

}  // namespace tagwerk::profile
