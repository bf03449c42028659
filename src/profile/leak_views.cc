// Columns as numbers for leakage checks: plain numbers, times, clock times written as HHMM, and dates
// put together from year, month and day columns.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "base/name_words.h"
#include "base/text.h"
#include "profile/leakage.h"

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

int MonthNumber(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string start = Lower(Trim(text)).substr(0, 3);
  const auto at = std::find(kMonths.begin(), kMonths.end(), start);
  return at == kMonths.end() ? 0 : int(at - kMonths.begin()) + 1;
}

std::vector<double> PartValues(const CheckState& state, std::size_t c) {
  const table::Column& column = state.table.column(c);
  if (column.storage() != Storage::kString) return NumbersAt(column, state.sample.rows);
  std::vector<double> values(state.sample.rows.size(), std::nan(""));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t code = (*column.codes())[state.sample.rows[i]];
    const int month = code < 0 ? 0 : MonthNumber(column.dictionary()->at(code));
    if (month > 0) values[i] = month;
  }
  return values;
}

/// Splits "arrival_date_day_of_month" into the part it is (year, month, day) and the rest of its name.
std::string PartOf(std::string_view name, std::string& rest) {
  std::string part;
  rest.clear();
  auto words = NameWords(name);
  const bool day = std::find(words.begin(), words.end(), "day") != words.end();
  for (const std::string& word : words) {
    if (word == "of") continue;
    if (word == "year" || word == "day" || (word == "month" && !day)) {
      if (!part.empty()) return "";
      part = word;
    } else if (word != "month") {
      rest += word + " ";
    }
  }
  return part;
}

void AddComposedDates(const CheckState& state, std::vector<LeakView>& views) {
  struct Parts {
    std::string rest;
    std::optional<std::size_t> year, month, day;
  };
  std::vector<Parts> found;
  for (std::size_t c = 0; c < state.table.num_columns(); ++c) {
    std::string rest;
    const std::string part = PartOf(state.Name(c), rest);
    if (part.empty() || state.table.column(c).storage() == Storage::kTimestamp) continue;
    auto at = std::find_if(found.begin(), found.end(), [&](const Parts& p) { return p.rest == rest; });
    if (at == found.end()) at = found.insert(found.end(), {rest, {}, {}, {}});
    (part == "year" ? at->year : part == "month" ? at->month : at->day) = c;
  }
  for (const Parts& parts : found) {
    if (!parts.year || !parts.month || !parts.day) continue;
    const auto years = PartValues(state, *parts.year), months = PartValues(state, *parts.month),
               days = PartValues(state, *parts.day);
    const std::string name = state.Name(*parts.year) + ", " + state.Name(*parts.month) + ", " + state.Name(*parts.day);
    LeakView view{*parts.day, LeakView::Kind::kComposedDate, name, {}, {*parts.year, *parts.month, *parts.day}};
    std::size_t valid = 0;
    for (std::size_t i = 0; i < years.size(); ++i) {
      using namespace std::chrono;
      const bool ranges =
          years[i] >= 1000 && years[i] < 3000 && months[i] >= 1 && months[i] <= 12 && days[i] >= 1 && days[i] <= 31;
      const year_month_day date = ranges ? year(int(years[i])) / month(unsigned(months[i])) / day(unsigned(days[i]))
                                         : year(0) / month(0) / day(0);
      const bool ok = ranges && date.ok();
      view.values.push_back(ok ? double(sys_days(date).time_since_epoch().count()) * 86400 : std::nan(""));
      valid += ok;
    }
    if (valid * 10 >= years.size() * 9) views.push_back(std::move(view));
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
