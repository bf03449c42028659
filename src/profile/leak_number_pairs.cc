// Columns that compute a numeric target together: y = a + b, a - b, a b, a / b; and bills, where the
// total is the target plus known parts plus one of a few fixed amounts.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/name_words.h"
#include "profile/leakage.h"

namespace tagwerk::profile {
namespace {

constexpr double kAgree = 0.98;

std::string ConstantText(char operation, double constant) {
  const bool additive = operation == '+' || operation == '-';
  if (std::fabs(constant - (additive ? 0 : 1)) < 1e-9) return "";
  if (additive) return fmt::format(" {} {:.4g}", constant < 0 ? "-" : "+", std::fabs(constant));
  return fmt::format(" * {:.4g}", constant);
}

void AddIdentity(const CheckState& state, const std::vector<LeakView>& views, const Identity& identity,
                 const std::vector<Leak>& known, std::vector<Leak>& leaks) {
  const std::size_t a = views[identity.first].column, b = views[identity.second].column;
  for (const std::size_t c : {a, b}) {
    if (Contains(known, c) || Contains(leaks, c)) return;
  }
  const double later_a = LaterScore(state, a), later_b = LaterScore(state, b);
  Leak leak{later_a >= later_b ? a : b, LeakKind::kPairNumbers};
  leak.other = later_a >= later_b ? b : a;
  if (identity.operation == '-') leak.column = a, leak.other = b;  // y = whole - part: the whole is known later
  leak.agree = identity.agree;
  leak.score = 1;
  leak.rows = std::int64_t(state.sample.y.size());
  leak.formula = fmt::format("{} = {} {} {}{}", state.Name(state.goal->target), state.Name(a), identity.operation,
                             state.Name(b), ConstantText(identity.operation, identity.constant));
  leaks.push_back(leak);
  if (identity.operation != '+') return;
  std::swap(leak.column, *leak.other);  // both parts of a sum are parts of the outcome
  leaks.push_back(leak);
}

/// Share of the eight most frequent values, on a grid of `quantum`.
double Coverage(const std::vector<double>& values, double quantum) {
  std::vector<double> grid;
  grid.reserve(values.size());
  for (const double v : values) {
    if (std::isfinite(v)) grid.push_back(std::round(v / quantum));
  }
  if (grid.size() < 0.9 * double(values.size())) return 0;
  std::sort(grid.begin(), grid.end());
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < grid.size();) {
    std::size_t end = i + 1;
    while (end < grid.size() && grid[end] == grid[i]) ++end;
    counts.push_back(end - i);
    i = end;
  }
  const std::size_t top = std::min<std::size_t>(8, counts.size());
  std::partial_sort(counts.begin(), counts.begin() + std::ptrdiff_t(top), counts.end(), std::greater<>());
  double covered = 0;
  for (std::size_t i = 0; i < top; ++i) covered += double(counts[i]);
  return covered / double(grid.size());
}

double SpreadOf(const std::vector<double>& values) {
  double n = 0, mean = 0, m2 = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    n += 1;
    const double d = v - mean;
    mean += d / n;
    m2 += d * (v - mean);
  }
  return n > 1 ? std::sqrt(m2 / (n - 1)) : 0;
}

struct Bill {
  std::size_t whole = 0;
  std::vector<std::size_t> parts;  // views
  double coverage = 0;
};

/// Subtracts parts from whole - y one by one while the rest gathers at few amounts.
Bill TryBill(const std::vector<double>& y, const std::vector<LeakView>& views, const std::vector<std::size_t>& usable,
             std::size_t whole, double quantum) {
  Bill bill{whole, {}, 0};
  std::vector<double> rest(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) rest[i] = views[whole].values[i] - y[i];
  const double spread = SpreadOf(rest);
  bill.coverage = Coverage(rest, quantum);
  while (bill.parts.size() < 3) {
    double best = bill.coverage + 0.01;
    std::optional<std::size_t> part;
    std::vector<double> next, candidate(y.size());
    for (const std::size_t v : usable) {
      if (v == whole || std::find(bill.parts.begin(), bill.parts.end(), v) != bill.parts.end()) continue;
      for (std::size_t i = 0; i < y.size(); ++i) candidate[i] = rest[i] - views[v].values[i];
      const double coverage = Coverage(candidate, quantum);
      if (coverage > best) best = coverage, part = v, next = candidate;
    }
    if (!part) break;
    bill.parts.push_back(*part);
    bill.coverage = best;
    rest = std::move(next);
  }
  // Few amounts must be a finding, not a matter of a coarse grid.
  if (spread < 20 * quantum) bill.coverage = 0;
  return bill;
}

void AddBills(const CheckState& state, const std::vector<LeakView>& views, const std::vector<Leak>& known,
              std::vector<Leak>& leaks) {
  std::vector<double> y;
  std::vector<LeakView> sample;
  const std::size_t step = std::max<std::size_t>(1, state.sample.y.size() / 5000);
  for (std::size_t i = 0; i < state.sample.y.size(); i += step) y.push_back(state.sample.y[i]);
  const double quantum = 2 * EqualTolerance(y);
  if (y.size() < 200 || quantum <= 0 || Coverage(y, quantum) > 0.5) return;
  std::vector<std::size_t> usable;
  std::vector<std::pair<double, std::size_t>> wholes;
  for (std::size_t v = 0; v < views.size() && sample.size() < 60; ++v) {
    const LeakView& view = views[v];
    if (view.kind != LeakView::Kind::kNumber || Contains(known, view.column) || Contains(leaks, view.column)) continue;
    if (!state.IsOpen(view.column)) continue;
    LeakView thin{view.column, view.kind, view.name, {}, {}};
    for (std::size_t i = 0; i < view.values.size(); i += step) thin.values.push_back(view.values[i]);
    const auto& score = state.profile.columns[view.column].target_score;
    if (score && *score >= 0.5) wholes.emplace_back(-*score, sample.size());
    usable.push_back(sample.size());
    sample.push_back(std::move(thin));
  }
  std::sort(wholes.begin(), wholes.end());
  for (std::size_t w = 0; w < std::min<std::size_t>(5, wholes.size()) && !state.context.ShouldStop(); ++w) {
    const Bill bill = TryBill(y, sample, usable, wholes[w].second, quantum);
    if (bill.coverage < 0.95 || bill.parts.empty()) continue;
    std::string formula = state.Name(state.goal->target) + " = " + sample[bill.whole].name;
    for (const std::size_t part : bill.parts) formula += " - " + sample[part].name;
    formula += " - one of a few amounts";
    Leak leak{sample[bill.whole].column, LeakKind::kPairNumbers};
    leak.other = sample[bill.parts[0]].column;
    leak.agree = bill.coverage;
    leak.score = 1;
    leak.rows = std::int64_t(y.size());
    leak.formula = formula;
    leaks.push_back(leak);
    for (const std::size_t part : bill.parts) {
      leak.column = sample[part].column;
      leak.kind = LeakKind::kPart;
      leak.other = sample[bill.whole].column;
      leaks.push_back(leak);
    }
    return;
  }
}

}  // namespace

std::vector<Leak> FindNumberPairs(const CheckState& state, const std::vector<LeakView>& views,
                                  const std::vector<Leak>& known) {
  std::vector<Leak> leaks;
  if (state.goal->task != Task::kRegression || state.profile.columns[state.goal->target].distinct < 20) return leaks;
  std::vector<bool> allowed(views.size());
  for (std::size_t v = 0; v < views.size(); ++v) {
    allowed[v] = !Contains(known, views[v].column) && state.IsOpen(views[v].column);
  }
  for (const Identity& identity : FindIdentities(state.context, state.sample.y, false, views, allowed, kAgree)) {
    AddIdentity(state, views, identity, known, leaks);
  }
  if (leaks.empty()) AddBills(state, views, known, leaks);
  return leaks;
}

std::vector<Leak> FindCompanions(const CheckState& state, const std::vector<Leak>& known) {
  std::vector<Leak> leaks;
  for (const Leak& leak : known) {
    if (IsSuspect(leak.kind)) continue;
    const std::string& base = state.Name(leak.column);
    for (const std::size_t c : state.OpenColumns()) {
      const std::string& name = state.Name(c);
      if (Contains(known, c) || Contains(leaks, c) || name.size() <= base.size() ||
          name.compare(0, base.size(), base) != 0)
        continue;
      const auto words = NameWords(std::string_view(name).substr(base.size()));
      const bool when = words.size() == 1 && (words[0] == "date" || words[0] == "time" || words[0] == "datetime" ||
                                              words[0] == "timestamp" || words[0] == "at" || words[0] == "on");
      if (!when) continue;
      Leak companion{c, LeakKind::kCompanion};
      companion.source = base;
      companion.rows = leak.rows;
      const auto& score = state.profile.columns[c].target_score;
      companion.score = score ? *score : 0;
      leaks.push_back(companion);
    }
  }
  return leaks;
}

}  // namespace tagwerk::profile
