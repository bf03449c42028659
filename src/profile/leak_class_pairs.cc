// Two columns that give a class target together: the difference, sum or ratio of the two separates the
// classes (nearly) without error while neither does alone.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "profile/leakage.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kScreenRows = 2000;
constexpr std::size_t kMostPairs = 2500;
constexpr double kScreenAuc = 0.985;
constexpr double kCertainAuc = 0.999;
constexpr double kAloneAuc = 0.95;  ///< a column as strong as this alone is no half of a pair

struct Pair {
  std::size_t a, b;  // views
};

enum class Operation : std::uint8_t { kDifference, kSum, kRatio };
constexpr const char* kOperationNames[] = {"difference", "sum", "ratio"};

bool IsDate(const LeakView& v) { return v.kind == LeakView::Kind::kTime || v.kind == LeakView::Kind::kComposedDate; }

bool Fits(const LeakView& a, const LeakView& b, Operation operation) {
  if (a.column == b.column) return false;
  if (IsDate(a) && IsDate(b)) return operation == Operation::kDifference;
  if (a.kind != b.kind) return false;
  return a.kind == LeakView::Kind::kNumber || operation == Operation::kDifference;
}

double Combine(const LeakView& a, const LeakView& b, Operation operation, std::size_t i) {
  const double x = a.values[i], y = b.values[i];
  if (operation == Operation::kSum) return x + y;
  if (operation == Operation::kRatio) return y == 0 ? std::nan("") : x / y;
  double d = x - y;
  if (a.kind == LeakView::Kind::kClock && !std::isnan(d)) d -= 1440 * std::round(d / 1440);
  // A composed date has no time of day: the other loses its own.
  if (a.kind == LeakView::Kind::kComposedDate || b.kind == LeakView::Kind::kComposedDate) {
    d = std::floor(x / 86400) - std::floor(y / 86400);
  }
  return d;
}

/// AUC of one class against the rest along the values, turned upwards; 0.5 when many are missing.
double MonotoneAuc(const std::vector<double>& values, const std::vector<double>& y, int positive) {
  std::vector<std::pair<double, bool>> pairs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) pairs.emplace_back(values[i], int(y[i]) == positive);
  }
  if (double(pairs.size()) < 0.9 * double(values.size())) return 0.5;
  std::sort(pairs.begin(), pairs.end());
  double positives = 0, negatives = 0, wins = 0;
  for (std::size_t i = 0; i < pairs.size();) {
    double p = 0, n = 0;
    const double v = pairs[i].first;
    for (; i < pairs.size() && pairs[i].first == v; ++i) (pairs[i].second ? p : n) += 1;
    wins += p * (negatives + 0.5 * n);
    positives += p;
    negatives += n;
  }
  if (positives == 0 || negatives == 0) return 0.5;
  const double auc = wins / positives / negatives;
  return std::max(auc, 1 - auc);
}

double PairAuc(const CheckState& state, const LeakView& a, const LeakView& b, Operation operation,
               const std::vector<std::uint32_t>& rows) {
  std::vector<double> values, y;
  values.reserve(rows.size());
  for (const std::uint32_t i : rows) {
    values.push_back(Combine(a, b, operation, i));
    y.push_back(state.sample.y[i]);
  }
  return MonotoneAuc(values, y, state.goal->positive);
}

std::vector<std::uint32_t> EveryNth(std::size_t n, std::size_t wanted) {
  std::vector<std::uint32_t> rows;
  const std::size_t step = std::max<std::size_t>(1, n / wanted);
  for (std::size_t i = 0; i < n; i += step) rows.push_back(std::uint32_t(i));
  return rows;
}

/// All pairs, or in wide tables those whose linear discriminant says most beyond its better half.
std::vector<Pair> ScreenedPairs(const CheckState& state, const std::vector<LeakView>& views) {
  std::vector<Pair> pairs;
  for (std::size_t a = 0; a < views.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (Fits(views[a], views[b], Operation::kDifference)) pairs.push_back({a, b});
    }
  }
  if (pairs.size() <= kMostPairs) return pairs;
  const auto rows = EveryNth(state.sample.y.size(), 800);
  std::vector<std::vector<double>> z(views.size() + 1, std::vector<double>(rows.size()));
  const auto standardise = [&](std::vector<double>& values) {
    double mean = 0, n = 0, m2 = 0;
    for (const double v : values) {
      if (std::isfinite(v)) n += 1, mean += v;
    }
    mean /= std::max(1.0, n);
    for (const double v : values) m2 += std::isfinite(v) ? (v - mean) * (v - mean) : 0;
    const double scale = m2 > 0 ? 1 / std::sqrt(m2) : 0;
    for (double& v : values) v = std::isfinite(v) ? (v - mean) * scale : 0;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t v = 0; v < views.size(); ++v) z[v][i] = views[v].values[rows[i]];
    z.back()[i] = double(int(state.sample.y[rows[i]]) == state.goal->positive);
  }
  for (auto& values : z) standardise(values);
  std::vector<double> gain(pairs.size());
  const auto dot = [&](std::size_t a, std::size_t b) {
    return std::inner_product(z[a].begin(), z[a].end(), z[b].begin(), 0.0);
  };
  state.context.pool->Chunks(pairs.size(), 1024, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end && !state.context.ShouldStop(); ++p) {
      const double r = dot(pairs[p].a, pairs[p].b), ra = dot(pairs[p].a, views.size()),
                   rb = dot(pairs[p].b, views.size());
      if (std::fabs(r) > 0.99999) continue;
      gain[p] = (ra * ra + rb * rb - 2 * ra * rb * r) / (1 - r * r) - std::max(ra * ra, rb * rb);
    }
  });
  std::vector<std::size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return gain[a] > gain[b]; });
  std::vector<Pair> kept;
  for (std::size_t i = 0; i < kMostPairs; ++i) kept.push_back(pairs[order[i]]);
  return kept;
}

struct Hit {
  Pair pair;
  Operation operation;
  double auc;
};

bool Enough(const CheckState& state) {
  double positives = 0;
  for (const double y : state.sample.y) positives += int(y) == state.goal->positive;
  const double n = double(state.sample.y.size());
  return n >= 2000 && std::min(positives, n - positives) >= 200;
}

Leak LeakOf(const CheckState& state, const std::vector<LeakView>& views, const Hit& hit) {
  const LeakView &a = views[hit.pair.a], &b = views[hit.pair.b];
  bool first = LaterScore(state, a.column) >= LaterScore(state, b.column);
  if (a.kind == LeakView::Kind::kComposedDate) first = false;  // a date of parts is the plan, the other the event
  if (b.kind == LeakView::Kind::kComposedDate) first = true;
  Leak leak{first ? a.column : b.column, LeakKind::kPairClasses};
  leak.other = first ? b.column : a.column;
  const LeakView& plan = first ? b : a;
  if (plan.kind == LeakView::Kind::kComposedDate) leak.other_name = plan.name;
  leak.score = hit.auc;
  leak.rows = std::int64_t(state.sample.y.size());
  leak.operation = kOperationNames[std::size_t(hit.operation)];
  return leak;
}

}  // namespace

std::vector<Leak> FindClassPairs(const CheckState& state, const std::vector<LeakView>& all,
                                 const std::vector<Leak>& known) {
  std::vector<Leak> leaks;
  if (state.goal->task != Task::kBinary || !Enough(state)) return leaks;
  std::vector<LeakView> views;
  for (const LeakView& view : all) {
    if (!Contains(known, view.column) && state.IsOpen(view.column)) views.push_back(view);
  }
  const auto screen_rows = EveryNth(state.sample.y.size(), kScreenRows);
  const auto all_rows = EveryNth(state.sample.y.size(), state.sample.y.size());
  const std::vector<Pair> pairs = ScreenedPairs(state, views);
  std::vector<std::vector<Hit>> hits(pairs.size());
  state.context.pool->For(pairs.size(), [&](std::size_t p) {
    if (state.context.ShouldStop()) return;
    const LeakView &a = views[pairs[p].a], &b = views[pairs[p].b];
    for (const Operation operation : {Operation::kDifference, Operation::kSum, Operation::kRatio}) {
      if (!Fits(a, b, operation) || PairAuc(state, a, b, operation, screen_rows) < kScreenAuc) continue;
      const double auc = PairAuc(state, a, b, operation, all_rows);
      double alone = 0.5;
      for (const std::size_t c : {a.column, b.column}) {
        const auto& score = state.profile.columns[c].target_score;
        if (score && !std::isnan(*score)) alone = std::max(alone, *score);
      }
      for (const LeakView* view : {&a, &b}) {
        std::vector<double> y;
        for (const std::uint32_t i : all_rows) y.push_back(state.sample.y[i]);
        alone = std::max(alone, MonotoneAuc(view->values, y, state.goal->positive));
      }
      if (alone > kAloneAuc) continue;
      // Together far better than alone: at most a twentieth of the error is left.
      if (auc >= kCertainAuc && 1 - auc <= 0.05 * (1 - alone)) hits[p].push_back({pairs[p], operation, auc});
    }
  });
  std::vector<Hit> sorted;
  for (const auto& list : hits) sorted.insert(sorted.end(), list.begin(), list.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const Hit& a, const Hit& b) { return a.auc > b.auc; });
  for (const Hit& hit : sorted) {
    // A column that is left out already breaks every other pair it is part of.
    if (Contains(leaks, views[hit.pair.a].column) || Contains(leaks, views[hit.pair.b].column)) continue;
    leaks.push_back(LeakOf(state, views, hit));
  }
  return leaks;
}

}  // namespace tagwerk::profile
