// Statistics of one column; see column_profile.h. Up to kExactRows everything is exact; above, quantiles
// and distinct counts come from sketches.
#include "profile/column_profile.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/text.h"
#include "stats/sketch.h"
#include "base/sort.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

constexpr std::size_t kExactRows = 2000000;
constexpr std::size_t kTop = 10;

std::vector<double> PresentNumbers(const table::Column& column) {
  std::vector<double> values;
  values.reserve(column.size());
  if (column.storage() == Storage::kDouble) {
    for (const double v : *column.doubles()) {
      if (!std::isnan(v)) values.push_back(v == 0 ? 0.0 : v);
    }
  } else {
    for (const std::int64_t t : *column.timestamps()) {
      if (t != table::kMissingTime) values.push_back(double(t) * 1e-6);
    }
  }
  return values;
}

/// Mean, standard deviation (n - 1) and skewness of the finite values, in two passes.
void Moments(const std::vector<double>& values, ColumnProfile& profile) {
  double n = 0, sum = 0, mean = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    n += 1;
    sum += v;
  }
  if (n > 0) mean = sum / n;
  if (!std::isfinite(mean)) {  // numbers near the largest double
    mean = 0;
    for (const double v : values) mean += std::isfinite(v) ? v / n : 0;
  }
  // What rounding lost in the sum shows as a mean of the differences.
  double rest = 0;
  for (const double v : values) {
    if (std::isfinite(v)) rest += v - mean;
  }
  if (n > 0) mean += rest / n;
  double m2 = 0, m3 = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    const double d = v - mean;
    m2 += d * d;
    m3 += d * d * d;
    profile.zeros += v == 0;
    profile.negatives += v < 0;
  }
  profile.mean = mean;
  profile.sd = n > 1 ? std::sqrt(m2 / (n - 1)) : 0;
  profile.skewness = m2 > 0 ? std::sqrt(n) * m3 / std::pow(m2, 1.5) : 0;
}

/// Few distinct values: a bar each. Else about the square root of n bars between the 1 % and 99 % points
/// where the tails are long; everything beyond lies in the first and the last bar.
std::vector<double> HistogramEdges(const ColumnProfile& profile, std::size_t n,
                                   const std::vector<double>& distinct_values) {
  const double low = profile.quantiles.front(), high = profile.quantiles.back();
  if (!std::isfinite(low) || !std::isfinite(high) || n == 0) return {};
  if (low == high) return {low, low == 0 ? 1 : low + std::fabs(low) * 1e-6};
  std::vector<double> edges;
  if (!distinct_values.empty() && distinct_values.size() <= 30) {
    edges = distinct_values;
    edges.push_back(high + (high - edges[edges.size() - 2]));
    return edges;
  }
  const std::size_t bars = std::clamp<std::size_t>(std::size_t(std::sqrt(double(n))), 8, 40);
  double from = low, to = high;
  if (high - low > 4 * (profile.quantiles[9] - profile.quantiles[1]) && profile.quantiles[9] > profile.quantiles[1]) {
    from = profile.quantiles[1];
    to = profile.quantiles[9];
  }
  if (from > low) edges.push_back(low);
  for (std::size_t i = 0; i <= bars; ++i) edges.push_back(from + (to - from) * double(i) / double(bars));
  if (to < high) edges.push_back(high);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

void Histogram(const std::vector<double>& values, bool sorted, const std::vector<double>& distinct_values,
               ColumnProfile& profile) {
  profile.histogram_edges = HistogramEdges(profile, values.size(), distinct_values);
  if (profile.histogram_edges.size() < 2) return;
  const auto& edges = profile.histogram_edges;
  profile.histogram_counts.assign(edges.size() - 1, 0);
  if (sorted) {
    auto from = values.begin();
    for (std::size_t bar = 0; bar + 2 < edges.size(); ++bar) {
      const auto to = std::lower_bound(from, values.end(), edges[bar + 1]);
      profile.histogram_counts[bar] = to - from;
      from = to;
    }
    profile.histogram_counts.back() = values.end() - from;
    return;
  }
  for (const double v : values) {
    const auto at = std::upper_bound(edges.begin(), edges.end(), v) - edges.begin() - 1;
    ++profile.histogram_counts[std::size_t(std::clamp<std::ptrdiff_t>(at, 0, std::ptrdiff_t(edges.size()) - 2))];
  }
}

void KeepTop(std::vector<std::pair<std::string, std::int64_t>> counted, ColumnProfile& profile) {
  const std::size_t kept = std::min(kTop, counted.size());
  std::partial_sort(
      counted.begin(), counted.begin() + std::ptrdiff_t(kept), counted.end(),
      [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  for (std::size_t i = 0; i < kept; ++i) profile.top.push_back({counted[i].first, counted[i].second});
}

void ExactNumbers(std::vector<double>& values, const table::Field& field, ColumnProfile& profile) {
  SortNumbers(values);
  for (const double share : table::ColumnTotals::Shares())
    profile.quantiles.push_back(stats::SortedQuantile(values, share));
  std::vector<double> distinct;
  std::vector<std::pair<std::int64_t, double>> most;  // counts of repeated values, largest first
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    if (distinct.size() <= 30) distinct.push_back(values[i]);
    ++profile.distinct;
    if (end - i > 1) {
      most.emplace_back(-std::int64_t(end - i), values[i]);
      if (most.size() > 4096) {
        std::nth_element(most.begin(), most.begin() + kTop, most.end());
        most.resize(kTop);
      }
    }
    i = end;
  }
  Histogram(values, true, profile.distinct <= 30 ? distinct : std::vector<double>(), profile);
  std::vector<std::pair<std::string, std::int64_t>> top;
  for (const auto& [count, value] : most) {
    const bool time = field.type == table::SemanticType::kDatetime;
    top.emplace_back(
        time ? table::TimestampText(std::int64_t(std::llround(value * 1e6)), field.date_only) : Shortest(value),
        -count);
  }
  KeepTop(std::move(top), profile);
}

void SketchedNumbers(const std::vector<double>& values, ColumnProfile& profile) {
  stats::QuantileSketch quantiles;
  stats::DistinctSketch distinct;
  for (const double v : values) {
    quantiles.Add(v);
    distinct.Add(std::bit_cast<std::uint64_t>(v));
  }
  profile.quantiles = quantiles.Quantiles(table::ColumnTotals::Shares());
  profile.distinct = std::int64_t(std::llround(distinct.Estimate()));
  profile.distinct_exact = false;
  Histogram(values, false, {}, profile);
}

void Numbers(const table::Column& column, const table::Field& field, ColumnProfile& profile) {
  std::vector<double> values = PresentNumbers(column);
  profile.missing = profile.rows - std::int64_t(values.size());
  if (values.empty()) return;
  Moments(values, profile);
  if (values.size() <= kExactRows) {
    ExactNumbers(values, field, profile);
  } else {
    SketchedNumbers(values, profile);
  }
  profile.min = profile.quantiles.front();
  profile.max = profile.quantiles.back();
}

void Strings(const table::Column& column, ColumnProfile& profile) {
  std::vector<std::int64_t> counts(std::size_t(column.dictionary()->size()));
  for (const std::int32_t code : *column.codes()) {
    if (code < 0) {
      ++profile.missing;
    } else {
      ++counts[std::size_t(code)];
    }
  }
  double length = 0;
  std::vector<std::pair<std::int64_t, std::int32_t>> most;
  for (std::size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    ++profile.distinct;
    length += double(counts[code]) * double(column.dictionary()->at(std::int32_t(code)).size());
    most.emplace_back(-counts[code], std::int32_t(code));
  }
  const std::size_t kept = std::min<std::size_t>(kTop, most.size());
  const table::Dictionary& texts = *column.dictionary();
  std::partial_sort(most.begin(), most.begin() + std::ptrdiff_t(kept), most.end(), [&](const auto& x, const auto& y) {
    return x.first != y.first ? x.first < y.first : texts.at(x.second) < texts.at(y.second);
  });
  for (std::size_t i = 0; i < kept; ++i) {
    profile.top.push_back({std::string(texts.at(most[i].second)), -most[i].first});
  }
  const std::int64_t present = profile.rows - profile.missing;
  profile.mean_length = present > 0 ? length / double(present) : 0;
}

}  // namespace

void TakeTotals(const table::ColumnTotals& totals, ColumnProfile& profile) {
  profile.whole = true;
  profile.rows = totals.rows;
  profile.missing = totals.rows - totals.present;
  profile.distinct = totals.distinct;
  profile.distinct_exact = false;
  // A column of texts may have become one of numbers or times in the table: then those figures are of the sample.
  if (!totals.numeric && profile.quantiles.empty()) profile.mean_length = totals.mean_length;
  if (!totals.numeric || totals.quantiles.empty() || profile.quantiles.empty()) return;
  profile.mean = totals.mean;
  profile.sd = totals.sd;
  profile.skewness = totals.skewness;
  profile.zeros = totals.zeros;
  profile.negatives = totals.negatives;
  profile.quantiles = totals.quantiles;
  profile.min = totals.quantiles.front();
  profile.max = totals.quantiles.back();
}

ColumnProfile ProfileColumn(const table::Table& table, std::size_t c) {
  const table::Column& column = table.column(c);
  ColumnProfile profile;
  profile.name = table.field(c).name;
  profile.type = table.field(c).type;
  profile.rows = std::int64_t(table.num_rows());
  if (column.storage() == Storage::kString) {
    Strings(column, profile);
  } else {
    Numbers(column, table.field(c), profile);
  }
  return profile;
}

}  // namespace tagwerk::profile
