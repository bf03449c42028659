#include "io/number_times.h"

#include <algorithm>
#include <cmath>

#include "io/name_words.h"
#include "table/time_number.h"

namespace tagwerk::io {
namespace {

constexpr double kFrom = 631'152'000, kTo = 2'208'988'800;  // 1990 and 2040 in seconds
constexpr std::size_t kFewestValues = 3;
constexpr std::size_t kFewestSteps = 20;

std::vector<double> Present(const table::Column& numbers) {
  std::vector<double> values;
  values.reserve(numbers.size());
  for (const double value : *numbers.doubles()) {
    if (!std::isnan(value)) values.push_back(value);
  }
  return values;
}

bool InRange(const std::vector<double>& values, double scale) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v >= kFrom * scale && v < kTo * scale; });
}

/// Rows in the order of the values, in steps that are neither all the same small number nor none.
bool RowsFollow(const std::vector<double>& values) {
  std::size_t up = 0, down = 0, by_one = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    up += values[i] > values[i - 1];
    down += values[i] < values[i - 1];
    by_one += std::abs(values[i] - values[i - 1]) == 1;
  }
  const std::size_t steps = up + down;
  return steps >= kFewestSteps && std::min(up, down) * 100 <= steps && by_one * 2 < steps;
}

}  // namespace

std::optional<table::ValueForm> TimesInNumbers(const table::Column& numbers, std::string_view name) {
  // Most columns end here, at their first values.
  const auto& all = *numbers.doubles();
  const auto first = std::find_if(all.begin(), all.end(), [](double v) { return !std::isnan(v); });
  if (first == all.end() || *first < 18'000'101) return std::nullopt;
  const std::vector<double> values = Present(numbers);
  if (values.size() < kFewestValues) return std::nullopt;
  table::ValueForm form;
  form.kind = table::ValueKind::kTime;
  if (std::all_of(values.begin(), values.end(), [](double v) { return table::CompactDate(v).has_value(); })) {
    return form;
  }
  form.epoch = true;
  const bool plausible = InRange(values, 1) || InRange(values, 1e3) || InRange(values, 1e6);
  if (!plausible) return std::nullopt;
  if (NamesTime(name)) return form;
  return !NamesKey(name) && RowsFollow(values) ? std::optional(form) : std::nullopt;
}

table::ColumnPtr NumbersToTimes(const table::Column& numbers, const table::ValueForm& form) {
  std::vector<std::int64_t> times;
  times.reserve(numbers.size());
  for (const double value : *numbers.doubles()) {
    times.push_back(std::isnan(value) ? table::kMissingTime
                                      : table::TimeOfNumber(value, form).value_or(table::kMissingTime));
  }
  return table::Column::Timestamps(std::move(times));
}

}  // namespace tagwerk::io
