#include "evaluate/slice_groups.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/text.h"
#include "stats/tests.h"

namespace tagwerk::evaluate {
namespace {

constexpr std::size_t kFewValues = 8;     // as many different numbers are slices of their own
constexpr std::size_t kMostPeriods = 24;  // of a time column; longer periods beyond
constexpr const char* kMissing = "missing";
constexpr std::int64_t kDayMicroseconds = 86'400'000'000;

using Groups = std::map<std::string, std::vector<std::uint32_t>>;

std::string Number(double value, bool integers) {
  if (integers || value == 0 || !std::isfinite(value)) return Shortest(value);
  // Three significant digits are enough to know a range by.
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 2);
  if (!(unit > 1e-300)) return Shortest(value);
  const double rounded = unit < 1 ? std::round(value / unit) / std::round(1 / unit) : std::round(value / unit) * unit;
  return Shortest(rounded);
}

std::vector<Slice> FromGroups(Groups groups) {
  std::vector<Slice> slices;
  for (auto& [label, rows] : groups) slices.push_back({0, label, std::move(rows)});
  return slices;
}

// Quartile ranges, each named by the smallest and largest number in it.
std::vector<Slice> NumberRanges(const std::vector<double>& values, bool integers) {
  std::vector<double> sorted;
  std::vector<std::uint32_t> missing;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i]))
      missing.push_back(std::uint32_t(i));
    else
      sorted.push_back(values[i]);
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> distinct;
  for (const double v : sorted) {
    if (distinct.empty() || distinct.back() != v) distinct.push_back(v);
    if (distinct.size() > kFewValues) break;
  }
  std::vector<double> upper = distinct;  // last value of each range
  if (distinct.size() > kFewValues) {
    upper.clear();
    for (const std::size_t quarter : {1, 2, 3, 4}) {
      const double edge = sorted[quarter * (sorted.size() - 1) / 4];
      if (upper.empty() || upper.back() != edge) upper.push_back(edge);
    }
  }
  std::vector<Slice> slices(upper.size());
  std::vector<std::pair<double, double>> range(upper.size(), {0, 0});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    const auto at = std::size_t(std::lower_bound(upper.begin(), upper.end(), values[i]) - upper.begin());
    auto& [low, high] = range[at];
    low = slices[at].rows.empty() ? values[i] : std::min(low, values[i]);
    high = slices[at].rows.empty() ? values[i] : std::max(high, values[i]);
    slices[at].rows.push_back(std::uint32_t(i));
  }
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const std::string low = Number(range[s].first, integers), high = Number(range[s].second, integers);
    slices[s].label = low == high ? low : low + " to " + high;
  }
  slices.push_back({0, kMissing, std::move(missing)});
  return slices;
}

std::vector<Slice> Categories(const table::Column& column) {
  const auto& codes = *column.codes();
  std::vector<std::vector<std::uint32_t>> rows(std::size_t(column.dictionary()->size()));
  std::vector<std::uint32_t> missing;
  for (std::size_t i = 0; i < codes.size(); ++i)
    (codes[i] < 0 ? missing : rows[std::size_t(codes[i])]).push_back(std::uint32_t(i));
  // A dictionary may hold a text twice; slices are by text, so that its order does not matter.
  Groups groups;
  for (std::size_t c = 0; c < rows.size(); ++c) {
    if (rows[c].empty()) continue;
    auto& group = groups[std::string(column.dictionary()->at(std::int32_t(c)))];
    group.insert(group.end(), rows[c].begin(), rows[c].end());
  }
  std::vector<Slice> slices = FromGroups(std::move(groups));
  for (Slice& slice : slices) std::sort(slice.rows.begin(), slice.rows.end());
  slices.push_back({0, kMissing, std::move(missing)});
  return slices;
}

enum class Period { kDay, kMonth, kQuarter, kYear };

std::string PeriodLabel(std::int64_t microseconds, Period period) {
  // 2013-10-19...: cut at the day, the month or the year.
  const std::string text = table::TimestampText(microseconds, false);
  const std::size_t year_end = text.find('-', 1);
  if (year_end == std::string::npos || text.size() < year_end + 6) return text;
  const std::string year = text.substr(0, year_end), month = text.substr(year_end + 1, 2);
  switch (period) {
    case Period::kDay:
      return text.substr(0, year_end + 6);
    case Period::kMonth:
      return year + "-" + month;
    case Period::kQuarter:
      return year + " Q" + char('1' + (std::max(1, std::atoi(month.c_str())) - 1) / 3);
    case Period::kYear:
      return year;
  }
  return year;
}

std::vector<Slice> Periods(const std::vector<std::int64_t>& times) {
  // Labels are made once per day, then merged into the shortest period of which there are few enough.
  std::map<std::int64_t, std::vector<std::uint32_t>> days;
  std::vector<std::uint32_t> missing;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] == table::kMissingTime)
      missing.push_back(std::uint32_t(i));
    else
      days[times[i] / kDayMicroseconds - (times[i] % kDayMicroseconds < 0)].push_back(std::uint32_t(i));
  }
  Groups groups;
  for (const Period period : {Period::kDay, Period::kMonth, Period::kQuarter, Period::kYear}) {
    groups.clear();
    for (const auto& [day, rows] : days) {
      auto& group = groups[PeriodLabel(day * kDayMicroseconds, period)];
      group.insert(group.end(), rows.begin(), rows.end());
    }
    if (groups.size() <= kMostPeriods) break;
  }
  std::vector<Slice> slices = FromGroups(std::move(groups));
  slices.push_back({0, kMissing, std::move(missing)});
  return slices;
}

}  // namespace

std::vector<Slice> SlicesOf(const table::Table& table, std::size_t index, std::size_t min_rows) {
  const table::Column& column = table.column(index);
  const table::Field& field = table.field(index);
  std::vector<Slice> slices;
  if (field.type == table::SemanticType::kText || field.type == table::SemanticType::kId) return slices;
  switch (column.storage()) {
    case table::Storage::kDouble:
      slices = NumberRanges(*column.doubles(), field.integers);
      break;
    case table::Storage::kString:
      slices = Categories(column);
      break;
    case table::Storage::kTimestamp:
      slices = Periods(*column.timestamps());
      break;
  }
  std::erase_if(slices, [&](const Slice& slice) {
    return slice.rows.size() < min_rows || slice.rows.size() + min_rows > table.num_rows();
  });
  for (Slice& slice : slices) slice.column = index;
  return slices;
}

}  // namespace tagwerk::evaluate
