// Columns that restate the target alone. The tests ask for an identity: see leakage.h.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "base/random.h"
#include "profile/leakage.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

constexpr double kErrors = 1e-4;  ///< of the rows may contradict

struct ByClass {
  std::vector<double> counts;
  double total = 0, largest = 0;
  int majority = 0;
  void Add(int k) {
    total += 1;
    if (++counts[std::size_t(k)] > largest) {
      largest = counts[std::size_t(k)];
      majority = k;
    }
  }
};

double SmallestClass(const CheckState& state) {
  std::vector<double> rows(state.goal->classes.size());
  for (const table::RowIndex row : state.profile.labelled) rows[std::size_t(state.target[row])] += 1;
  return *std::min_element(rows.begin(), rows.end());
}

/// Levels that each belong to one class. As many levels as classes: a copy under other names.
std::optional<Leak> PureLevels(const CheckState& state, std::size_t c, double smallest) {
  const std::size_t classes = state.goal->classes.size();
  const std::int64_t levels = state.profile.columns[c].distinct + (state.profile.columns[c].missing > 0);
  const double n = double(state.profile.labelled.size());
  if (levels < 2 || levels > std::max<std::int64_t>(30, 2 * std::int64_t(classes))) return std::nullopt;
  const bool copy = levels == std::int64_t(classes);
  if (smallest < (copy ? 30 : 50) || n < (copy ? 100 : 500) || n < 20 * double(levels)) return std::nullopt;
  const table::Column& column = state.table.column(c);
  std::map<std::uint64_t, ByClass> by_level;
  for (const table::RowIndex row : state.profile.labelled) {
    const std::uint64_t key =
        column.storage() == Storage::kString ? std::uint64_t((*column.codes())[row] + 1) : column.Hash(row);
    ByClass& level = by_level[key];
    if (level.counts.empty()) level.counts.resize(classes);
    level.Add(int(state.target[row]));
  }
  double errors = 0;
  std::vector<bool> covered(classes);
  for (const auto& [key, level] : by_level) {
    errors += level.total - level.largest;
    covered[std::size_t(level.majority)] = true;
  }
  if (errors > kErrors * n || std::find(covered.begin(), covered.end(), false) != covered.end()) return std::nullopt;
  Leak leak{c, LeakKind::kLevels};
  leak.levels = std::int64_t(by_level.size());
  leak.rows = std::int64_t(n);
  leak.agree = 1 - errors / n;
  leak.score = 1;
  return leak;
}

struct Run {
  int majority;
  double rows;
  std::vector<double> values;  ///< distinct, ascending
};

/// Runs of equal majority class along the sorted values; runs too small to matter count as errors.
std::vector<Run> RunsOf(std::vector<std::pair<double, int>> pairs, std::size_t classes, double& errors) {
  std::sort(pairs.begin(), pairs.end());
  std::vector<Run> runs;
  for (std::size_t i = 0; i < pairs.size();) {
    ByClass value;
    value.counts.resize(classes);
    const double v = pairs[i].first;
    for (; i < pairs.size() && pairs[i].first == v; ++i) value.Add(pairs[i].second);
    errors += value.total - value.largest;
    if (runs.empty() || runs.back().majority != value.majority) runs.push_back({value.majority, 0, {}});
    runs.back().rows += value.total;
    runs.back().values.push_back(v);
  }
  const double limit = kErrors / 5 * double(pairs.size());
  std::vector<Run> merged;
  for (Run& run : runs) {
    if (run.rows <= limit && runs.size() > classes) {
      errors += run.rows;
    } else if (!merged.empty() && merged.back().majority == run.majority) {
      merged.back().rows += run.rows;
      merged.back().values.insert(merged.back().values.end(), run.values.begin(), run.values.end());
    } else {
      merged.push_back(std::move(run));
    }
  }
  return merged;
}

/// A cut is sharp when values lie as dense up to it on both sides as elsewhere around it. Classes that
/// are apart by nature have a gap or an overlap there; a definition has neither.
bool SharpCut(const Run& left, const Run& right) {
  constexpr std::size_t kNear = 8, kLeast = 4;
  if (left.values.size() < kLeast || right.values.size() < kLeast) return false;
  std::vector<double> steps;
  for (std::size_t i = 1; i < std::min(kNear, left.values.size()); ++i) {
    steps.push_back(left.values[left.values.size() - i] - left.values[left.values.size() - i - 1]);
  }
  for (std::size_t i = 1; i < std::min(kNear, right.values.size()); ++i)
    steps.push_back(right.values[i] - right.values[i - 1]);
  std::sort(steps.begin(), steps.end());
  return right.values.front() - left.values.back() <= 3 * steps[steps.size() / 2];
}

std::optional<Leak> CleanCut(const CheckState& state, std::size_t c, double smallest) {
  const std::size_t classes = state.goal->classes.size();
  const table::Rows& rows = state.profile.labelled;
  if (rows.size() < 500 || smallest < 50) return std::nullopt;
  const std::vector<double> values = NumbersAt(state.table.column(c), rows);
  std::vector<std::pair<double, int>> pairs;
  ByClass missing;
  missing.counts.resize(classes);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const int k = int(state.target[rows[i]]);
    if (std::isnan(values[i])) {
      missing.Add(k);
    } else {
      pairs.emplace_back(values[i], k);
    }
  }
  if (missing.total > 0.2 * double(rows.size())) return std::nullopt;
  double errors = missing.total - missing.largest;
  const std::vector<Run> runs = RunsOf(std::move(pairs), classes, errors);
  if (errors > kErrors * double(rows.size()) || runs.size() < classes || runs.size() > classes + 1) return std::nullopt;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const bool fill =
        (runs[i - 1].values.size() == 1 || runs[i].values.size() == 1) && rows.size() >= 1000 && smallest >= 200;
    if (!fill && !SharpCut(runs[i - 1], runs[i])) return std::nullopt;
  }
  Leak leak{c, LeakKind::kThreshold};
  leak.rows = std::int64_t(rows.size());
  leak.agree = 1 - errors / double(rows.size());
  leak.score = leak.agree;
  return leak;
}

/// y = a + b t(x) with a, b from medians (Theil 1950 on random pairs), so that a few odd rows do not hide it.
double LineAgreement(const std::vector<double>& x, const std::vector<double>& y, double tolerance) {
  Random random(1);
  std::vector<double> slopes;
  for (int i = 0; i < 301; ++i) {
    const std::size_t a = random.Below(x.size()), b = random.Below(x.size());
    if (x[a] != x[b]) slopes.push_back((y[a] - y[b]) / (x[a] - x[b]));
  }
  if (slopes.size() < 50) return 0;
  std::nth_element(slopes.begin(), slopes.begin() + std::ptrdiff_t(slopes.size() / 2), slopes.end());
  const double slope = slopes[slopes.size() / 2];
  if (slope == 0 || !std::isfinite(slope)) return 0;
  std::vector<double> rest(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) rest[i] = y[i] - slope * x[i];
  std::vector<double> sorted = rest;
  std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(sorted.size() / 2), sorted.end());
  const double offset = sorted[sorted.size() / 2];
  double agree = 0;
  for (const double r : rest) agree += std::fabs(r - offset) <= tolerance;
  return agree / double(x.size());
}

std::optional<Leak> ComputedFrom(const CheckState& state, std::size_t c) {
  const std::vector<double> values = NumbersAt(state.table.column(c), state.sample.rows);
  std::vector<double> x, y;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    x.push_back(values[i]);
    y.push_back(state.sample.y[i]);
  }
  const ColumnProfile& target = state.profile.columns[state.goal->target];
  if (x.size() < 100 || x.size() < 0.95 * double(values.size()) || target.distinct < 20) return std::nullopt;
  const double tolerance = EqualTolerance(y);
  // Rounding must be fine against the spread, or closeness alone would look like an identity.
  if (tolerance > 0.02 * target.sd) return std::nullopt;
  const std::vector<std::function<double(double)>> forms = {
      [](double v) { return v; },     [](double v) { return std::log(v); },  [](double v) { return std::exp(v); },
      [](double v) { return v * v; }, [](double v) { return std::sqrt(v); }, [](double v) { return 1 / v; }};
  for (const auto& form : forms) {
    std::vector<double> t(x.size());
    std::transform(x.begin(), x.end(), t.begin(), form);
    if (!std::all_of(t.begin(), t.end(), [](double v) { return std::isfinite(v); })) continue;
    const double agree = LineAgreement(t, y, tolerance);
    if (agree < 0.995) continue;
    Leak leak{c, LeakKind::kEqual};
    leak.rows = std::int64_t(x.size());
    leak.agree = agree;
    leak.score = 1;
    return leak;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Leak> FindSingles(const CheckState& state) {
  const auto open = state.OpenColumns();
  const bool classes = IsClassification(state.goal->task);
  const double smallest = classes ? SmallestClass(state) : 0;
  std::vector<std::optional<Leak>> found(open.size());
  state.context.pool->For(open.size(), [&](std::size_t i) {
    const std::size_t c = open[i];
    const auto& score = state.profile.columns[c].target_score;
    // The single score is cross-fitted: an identity shows there first, and most columns stop here.
    if (!score || Strength(state.goal->task, *score) < (classes ? 0.9 : 0.2)) return;
    const bool strings = state.table.column(c).storage() == Storage::kString;
    if (classes) {
      found[i] = PureLevels(state, c, smallest);
      if (!found[i] && !strings) found[i] = CleanCut(state, c, smallest);
    } else if (!strings) {
      found[i] = ComputedFrom(state, c);
    }
  });
  std::vector<Leak> leaks;
  for (auto& leak : found) {
    if (leak) leaks.push_back(std::move(*leak));
  }
  return leaks;
}

}  // namespace tagwerk::profile
