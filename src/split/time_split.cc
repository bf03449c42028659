// Splits by time; see time_split.h. Equal times never lie on both sides of a border, and the gap is
// left out of what is learnt from, so that a validation row never sees its own near past.
#include "split/time_split.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "split/choose.h"

namespace tagwerk::split {
namespace {

/// Positions of the rows in order of time, and their times.
struct Line {
  std::vector<std::uint32_t> order;
  std::vector<double> time;  ///< of order[i]; rows without a time come first as -inf
};

Line LineUp(const SplitInput& input, const table::EventTime& time) {
  const std::vector<double> times = OrderOf(input, time);
  Line line;
  line.order.resize(times.size());
  std::iota(line.order.begin(), line.order.end(), 0u);
  const auto key = [&](std::uint32_t i) { return std::isnan(times[i]) ? -INFINITY : times[i]; };
  std::stable_sort(line.order.begin(), line.order.end(), [&](auto a, auto b) { return key(a) < key(b); });
  for (const std::uint32_t i : line.order) line.time.push_back(key(i));
  return line;
}

/// Moves a border to the nearest place within (low, high) where the time changes; high when there is none.
std::size_t Snap(const std::vector<double>& time, std::size_t at, std::size_t low, std::size_t high) {
  const auto border = [&](std::size_t i) { return time[i - 1] != time[i]; };
  std::size_t down = at, up = at;
  while (down > low && !border(down)) --down;
  while (up < high && !border(up)) ++up;
  const bool has_down = down > low, has_up = up < high;
  if (!has_down && !has_up) return high;
  if (!has_up || (has_down && at - down <= up - at)) return down;
  return up;
}

/// Number of rows that may be learnt from when evaluation starts at index `border`.
std::size_t BeforeGap(const Line& line, std::size_t border, const SplitOptions& options, bool timestamps) {
  std::size_t end = border - std::min<std::size_t>(border, std::size_t(options.gap_rows));
  if (options.gap_seconds > 0 && border < line.time.size()) {
    const double gap = options.gap_seconds * (timestamps ? 1e6 : 1);
    const auto limit = std::upper_bound(line.time.begin(), line.time.end(), line.time[border] - gap);
    end = std::min(end, std::size_t(limit - line.time.begin()));
  }
  return end;
}

Rows RowsOf(const SplitInput& input, const Line& line, std::size_t begin, std::size_t end) {
  Rows rows;
  rows.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) rows.push_back(input.rows[line.order[i]]);
  std::sort(rows.begin(), rows.end());
  return rows;
}

Error Impossible(const SplitInput& input, const table::EventTime& time, std::string message) {
  return Error(Code::kInvalidData, "split-impossible", std::move(message))
      .Column(table::NameOf(*input.table, time))
      .Do("--split stratified");
}

}  // namespace

Status SplitByTime(const SplitInput& input, const SplitOptions& options, const table::EventTime& time, int folds,
                   Split& split) {
  const table::Table& table = *input.table;
  const bool timestamps = table::HoldsTimes(table, time);
  if (!timestamps && table.column(time.column).storage() == table::Storage::kString) {
    return Error(Code::kInvalidArgument, "split-time-type",
                 "a time split needs a datetime or numeric column: \"" + table.field(time.column).name + "\"")
        .Column(table.field(time.column).name)
        .Do("--type " + table.field(time.column).name + "=datetime");
  }
  const Line line = LineUp(input, time);
  const std::size_t n = line.order.size();
  std::size_t border = n;
  if (options.test_share > 0) {
    const double wanted = std::min(options.test_share * double(n), double(options.max_test_rows));
    border = Snap(line.time, std::clamp<std::size_t>(n - std::size_t(std::llround(wanted)), 1, n - 1), 0, n);
    if (border == 0 || border == n) {
      return Impossible(input, time, "rows cannot be ordered: the time column has one value");
    }
  }
  const std::size_t train_end = BeforeGap(line, border, options, timestamps);
  if (train_end < 2) return Impossible(input, time, "no rows are left to learn from before the gap");
  split.train = RowsOf(input, line, 0, train_end);
  split.test = RowsOf(input, line, border, n);
  split.train_from = std::isinf(line.time[0]) ? "" : TimeText(table, time, line.time[0]);
  split.train_to = std::isinf(line.time[train_end - 1]) ? "" : TimeText(table, time, line.time[train_end - 1]);
  if (border < n) {
    split.test_from = TimeText(table, time, line.time[border]);
    split.test_to = TimeText(table, time, line.time[n - 1]);
  }
  // Expanding windows: the last 60 % of the training rows are validated once, the first 40 % only train.
  const double window = folds == 1 ? 0.2 : 0.6 / folds;
  std::size_t end = train_end;
  for (int fold = folds; fold > 0; --fold) {
    const double start = double(train_end) * (1 - window * (folds - fold + 1));
    const std::size_t begin = Snap(line.time, std::max<std::size_t>(1, std::size_t(start)), 0, end);
    if (begin == 0 || begin >= end) continue;
    const std::size_t learn_end = BeforeGap(line, begin, options, timestamps);
    if (learn_end < 2) break;
    split.folds.push_back({RowsOf(input, line, 0, learn_end), RowsOf(input, line, begin, end)});
    end = begin;
  }
  if (split.folds.empty()) return Impossible(input, time, "the training rows cannot be divided by time");
  return Ok();
}

}  // namespace tagwerk::split
