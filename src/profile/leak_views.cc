// Columns as numbers for leakage checks: plain numbers, times, clock times written as HHMM, and dates
// put together from year, month and day columns.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/name_words.h"
#include "base/text.h"
#include "profile/leakage.h"
#include "table/event_time.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

/// Returns whether whole numbers read as clock times: 0..2400, never a minute above 59.
bool LooksLikeClock(const CheckState& state, std::size_t c, const std::vector<double>& values) {
  const ColumnProfile& column = state.profile.columns[c];
  if (!state.table.field(c).integers || column.min < 0 || column.max > 2400 || column.max < 1000) return false;
  if (column.distinct < 100) return false;
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isnan(v) || int(v) % 100 < 60; });
}

void AddComposedDates(const CheckState& state, std::vector<LeakView>& views) {
  std::vector<std::size_t> columns(state.table.num_columns());
  std::iota(columns.begin(), columns.end(), std::size_t(0));
  for (table::SplitDate date : table::FindSplitDates(state.table, columns, state.sample.rows)) {
    date.hour.reset();  // days, as the dates that they are compared with
    date.minute.reset();
    const auto time = table::EventTime::Of(date);
    LeakView view{date.day, LeakView::Kind::kComposedDate, table::NameOf(state.table, time), {}, date.Columns()};
    const std::vector<std::int64_t> times = table::ComposeTimes(state.table, date, state.sample.rows);
    for (const std::int64_t at : times)
      view.values.push_back(at == table::kMissingTime ? std::nan("") : double(at) / 1e6);
    views.push_back(std::move(view));
  }
}

}  // namespace

std::vector<LeakView> MakeViews(const CheckState& state) {
  std::vector<LeakView> views;
  for (std::size_t c = 0; c < state.table.num_columns(); ++c) {
    const table::Column& column = state.table.column(c);
    const std::string& reason = state.profile.reason_not_used[c];
    // What was dropped by the user, weights and keys are no candidates; leaks found so far stay as sources.
    if (state.IsTarget(c) || column.storage() == Storage::kString) continue;
    if (!reason.empty() && reason != "leakage") continue;
    if (state.profile.columns[c].distinct < 2) continue;
    LeakView view{c,
                  column.storage() == Storage::kTimestamp ? LeakView::Kind::kTime : LeakView::Kind::kNumber,
                  state.Name(c),
                  NumbersAt(column, state.sample.rows),
                  {}};
    if (view.kind == LeakView::Kind::kNumber && LooksLikeClock(state, c, view.values)) {
      view.kind = LeakView::Kind::kClock;
      for (double& v : view.values) {
        if (!std::isnan(v)) v = std::floor(v / 100) * 60 + std::fmod(v, 100);
      }
    }
    views.push_back(std::move(view));
  }
  AddComposedDates(state, views);
  return views;
}

bool Contains(const std::vector<Leak>& leaks, std::size_t column) {
  return std::any_of(leaks.begin(), leaks.end(), [&](const Leak& leak) { return leak.column == column; });
}

double LaterScore(const CheckState& state, std::size_t c) {
  const std::string& name = state.Name(c);
  double score = (SoundsAfter(name) ? 2 : 0) - (SoundsPlanned(name) ? 3 : 0);
  // Empty together with the target: the value comes with the outcome.
  double empty = 0, both = 0, without = 0;
  const table::Column& column = state.table.column(c);
  for (std::size_t row = 0; row < state.target.size(); ++row) {
    const bool missing = column.IsMissing(row), no_target = std::isnan(state.target[row]);
    empty += missing;
    both += missing && no_target;
    without += no_target;
  }
  if (without >= 20 && both >= 0.5 * without && both >= 0.5 * empty) score += 4;
  const auto& single = state.profile.columns[c].target_score;
  return score + (single ? Strength(state.goal->task, *single) : 0);
}

}  // namespace tagwerk::profile
