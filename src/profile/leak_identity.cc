// Identities: a number that is the sum, difference, product or ratio of two columns, up to a constant.
// Each pair is tried on a few rows first; the constant is a median, so a few odd rows do not hide it.
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "profile/leakage.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kMostViews = 250;
constexpr std::size_t kFirstRows = 24, kSecondRows = 400;

double Apply(char operation, double a, double b) {
  switch (operation) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      return b == 0 ? std::nan("") : a / b;
  }
}

/// Rows on which an identity must hold: y is present and is not its most frequent value.
std::vector<std::uint32_t> TellingRows(const std::vector<double>& y) {
  std::vector<double> sorted;
  for (const double v : y) {
    if (std::isfinite(v)) sorted.push_back(v);
  }
  std::sort(sorted.begin(), sorted.end());
  double mode = std::nan("");
  std::size_t most = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i > most) most = end - i, mode = sorted[i];
    i = end;
  }
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (std::isfinite(y[i]) && (y[i] != mode || most * 2 < sorted.size())) rows.push_back(std::uint32_t(i));
  }
  Random random(7);
  Shuffle(rows, random);
  return rows;
}

struct Trial {
  const std::vector<double>& y;
  const std::vector<double>& a;
  const std::vector<double>& b;
  char operation;
  double tolerance;
  bool clock;
  std::vector<double> rest;  // scratch

  /// Share of the first n rows in which y - f (or y / f) equals its median, and that median.
  double Agree(const std::vector<std::uint32_t>& rows, std::size_t n, double& constant) {
    n = std::min(n, rows.size());
    rest.clear();
    const bool additive = operation == '+' || operation == '-';
    for (std::size_t i = 0; i < n; ++i) {
      const double f = Apply(operation, a[rows[i]], b[rows[i]]);
      double r = additive ? y[rows[i]] - f : y[rows[i]] / f;
      if (clock && std::isfinite(r)) r -= 1440 * std::round(r / 1440);
      rest.push_back(std::isfinite(r) ? r : INFINITY);
    }
    std::vector<double> sorted = rest;
    std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(n / 2), sorted.end());
    constant = sorted[n / 2];
    if (!std::isfinite(constant) || (!additive && constant == 0)) return 0;
    double agree = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double off =
          additive ? rest[i] - constant : (rest[i] - constant) * Apply(operation, a[rows[i]], b[rows[i]]);
      agree += std::fabs(off) <= tolerance;
    }
    return agree / double(n);
  }
};

/// Views that may take part; in wide tables those most correlated with y.
std::vector<std::size_t> Candidates(const std::vector<double>& y, const std::vector<LeakView>& views,
                                    const std::vector<bool>& allowed) {
  std::vector<std::pair<double, std::size_t>> ranked;
  const std::size_t n = std::min<std::size_t>(2000, y.size());
  for (std::size_t v = 0; v < views.size(); ++v) {
    if (!allowed[v] || views[v].kind == LeakView::Kind::kComposedDate) continue;
    const double r =
        views.size() <= kMostViews ? 0 : stats::Pearson(std::span(y).first(n), std::span(views[v].values).first(n));
    ranked.emplace_back(std::isnan(r) ? 0 : -std::fabs(r), v);
  }
  std::stable_sort(ranked.begin(), ranked.end());
  if (ranked.size() > kMostViews) ranked.resize(kMostViews);
  std::vector<std::size_t> chosen;
  for (const auto& [r, v] : ranked) chosen.push_back(v);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace

double EqualTolerance(const std::vector<double>& y) {
  double mean = 0, m2 = 0, n = 0;
  int decimals = 0;
  for (const double v : y) {
    if (!std::isfinite(v)) continue;
    n += 1;
    const double d = v - mean;
    mean += d / n;
    m2 += d * (v - mean);
    while (decimals < 7) {
      const double scaled = v * std::pow(10.0, decimals);
      if (std::fabs(scaled - std::round(scaled)) <= 1e-6 * std::max(1.0, std::fabs(scaled))) break;
      ++decimals;
    }
  }
  const double sd = n > 1 ? std::sqrt(m2 / (n - 1)) : 0;
  const double rounding = decimals >= 7 ? 0 : 0.5001 * std::pow(10.0, -decimals);
  // Coarse rounding would make chance agreement likely; then only exact equality counts.
  return std::max(rounding <= 0.02 * sd ? rounding : 0, 1e-6 * sd);
}

std::vector<Identity> FindIdentities(const Context& context, const std::vector<double>& y, bool y_clock_minutes,
                                     const std::vector<LeakView>& views, const std::vector<bool>& allowed,
                                     double least) {
  const std::vector<std::uint32_t> rows = TellingRows(y);
  std::vector<Identity> found;
  if (rows.size() < 50) return found;
  const double tolerance = EqualTolerance(y);
  const std::vector<std::size_t> chosen = Candidates(y, views, allowed);
  std::vector<std::vector<Identity>> by_first(chosen.size());
  context.pool->For(chosen.size(), [&](std::size_t i) {
    if (context.ShouldStop()) return;
    for (std::size_t j = 0; j < chosen.size(); ++j) {
      const LeakView &a = views[chosen[i]], &b = views[chosen[j]];
      if (i == j || a.kind != b.kind) continue;
      for (const char operation : {'+', '-', '*', '/'}) {
        const bool commutes = operation == '+' || operation == '*';
        if ((commutes && j < i) || (operation != '-' && a.kind != LeakView::Kind::kNumber)) continue;
        const bool clock = y_clock_minutes && a.kind == LeakView::Kind::kClock;
        Trial trial{y, a.values, b.values, operation, tolerance, clock, {}};
        Identity identity{chosen[i], chosen[j], operation};
        if (trial.Agree(rows, kFirstRows, identity.constant) < 0.7) continue;
        if (trial.Agree(rows, kSecondRows, identity.constant) < least - 0.05) continue;
        identity.agree = trial.Agree(rows, rows.size(), identity.constant);
        if (identity.agree >= least) by_first[i].push_back(identity);
      }
    }
  });
  for (auto& list : by_first) found.insert(found.end(), list.begin(), list.end());
  std::stable_sort(found.begin(), found.end(), [](const Identity& a, const Identity& b) { return a.agree > b.agree; });
  return found;
}

}  // namespace tagwerk::profile
