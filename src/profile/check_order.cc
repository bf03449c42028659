// Order in the data: rows sorted by the target, and a target that moves with time.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "profile/leakage.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

void CheckRowNumber(CheckState& state) {
  std::vector<double> numbers(state.sample.rows.begin(), state.sample.rows.end());
  const double score = CrossFittedScore(state.sample, BinNumbers(numbers, 20));
  if (Strength(state.goal->task, score) < 0.6 || state.sample.y.size() < 100) return;
  Finding finding = MakeFinding("order.drift", Severity::kNote, state.Name(state.goal->target), "finding.order_target",
                                {{"value", score}});
  finding.rows = std::int64_t(state.profile.labelled.size());
  finding.brief = "rows are sorted by it or nearly so";
  finding.evidence = {{ScoreName(state.goal->task), score}};
  state.profile.findings.push_back(std::move(finding));
}

struct Period {
  double n = 0, sum = 0;
};

void CheckDrift(CheckState& state) {
  const auto time = RowTime(state);
  if (!time || state.goal->task == Task::kMulticlass) return;
  const bool binary = state.goal->task == Task::kBinary;
  std::map<std::string, Period> months;
  const auto times = table::TimesOf(state.table, *time);
  double n = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < state.sample.y.size(); ++i) {
    const std::int64_t at = (*times)[state.sample.rows[i]];
    if (at == table::kMissingTime) continue;
    const double y = binary ? double(int(state.sample.y[i]) == state.goal->positive) : state.sample.y[i];
    Period& period = months[table::TimestampText(at).substr(0, 7)];
    period.n += 1;
    period.sum += y;
    n += 1;
    sum += y;
    squares += y * y;
  }
  std::erase_if(months, [](const auto& m) { return m.second.n < 100; });
  if (months.size() < 3) return;
  const double sd = std::sqrt(std::max(0.0, squares / n - sum / n * sum / n));
  double low = INFINITY, high = -INFINITY, low_n = 0, high_n = 0;
  for (const auto& [month, period] : months) {
    const double mean = period.sum / period.n;
    if (mean < low) low = mean, low_n = period.n;
    if (mean > high) high = mean, high_n = period.n;
  }
  const double error = sd * std::sqrt(1 / low_n + 1 / high_n);
  // Clear beyond the search over months (6 standard errors) and large (half a standard deviation, or
  // half as much again).
  if (high - low < 6 * error || high - low < (binary ? 0.3 * sd : 0.5 * sd)) return;
  const std::string from = binary ? Percent(low) : fmt::format("{:.4g}", low);
  const std::string to = binary ? Percent(high) : fmt::format("{:.4g}", high);
  Finding finding = MakeFinding("order.drift", Severity::kWarning, table::NameOf(state.table, *time),
                                "finding.order_drift", {{"low", from}, {"high", to}});
  finding.columns = table::NamesOf(state.table, *time);
  finding.columns.push_back(state.Name(state.goal->target));
  finding.rows = std::int64_t(n);
  finding.brief = "target by month moves from " + from + " to " + to;
  finding.evidence = {{"low", low}, {"high", high}, {"months", months.size()}};
  state.profile.findings.push_back(std::move(finding));
}

/// How well the rows follow times: the share of the steps that go the more frequent way; 0 without a step.
double FollowedShare(const std::vector<std::int64_t>& times) {
  double up = 0, down = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    up += times[i] > times[i - 1];
    down += times[i] < times[i - 1];
  }
  return up + down == 0 ? 0 : std::max(up, down) / (up + down);
}

}  // namespace

std::optional<table::EventTime> RowTime(const CheckState& state) {
  if (state.goal != nullptr && state.goal->time &&
      state.table.column(*state.goal->time).storage() == table::Storage::kTimestamp)
    return table::EventTime::Of(*state.goal->time);
  std::optional<std::size_t> named;
  for (const std::size_t c : state.OpenColumns()) {
    if (state.table.column(c).storage() != table::Storage::kTimestamp) continue;
    if (state.profile.columns[c].missing > 0) continue;
    if (FollowedShare(*state.table.column(c).timestamps()) >= 0.9) return table::EventTime::Of(c);
    if (!named && SoundsLikeTime(state.Name(c))) named = c;
  }
  if (named) return table::EventTime::Of(*named);
  for (const table::SplitDate& date : table::FindSplitDates(state.table, state.OpenColumns())) {
    const bool plain = date.common.empty() || SoundsLikeTime(date.common);
    if (plain || FollowedShare(table::ComposeTimes(state.table, date)) >= 0.9) return table::EventTime::Of(date);
  }
  return std::nullopt;
}

void CheckOrder(CheckState& state) {
  if (RowTime(state)) {
    CheckDrift(state);
  } else {
    CheckRowNumber(state);
  }
}

}  // namespace tagwerk::profile
