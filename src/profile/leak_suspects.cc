// Suspects: columns that look like leakage without proof. They are kept unless --suspects drop.
#include <algorithm>
#include <cmath>

#include "profile/leakage.h"

namespace tagwerk::profile {
namespace {

constexpr double kStrongAuc = 0.98, kStrongR2 = 0.95;
/// Dominance: strength, and how many times that of the next. A natural driver of a number reaches an R2
/// of 0.9 now and then (distance and fare), an auc of 0.85 far above all others is rarer.
constexpr double kDominant = 0.7, kDominantR2 = 0.9, kDominantRatio = 1.8;

struct Ranked {
  std::size_t column;
  double strength, score;
};

/// Open columns by strength. Times are left out: in ordered data neighbours in time are alike, so a
/// time says much when rows are drawn at random; the split takes care of that.
std::vector<Ranked> RankColumns(const CheckState& state, const std::vector<Leak>& known) {
  std::vector<Ranked> ranked;
  for (const std::size_t c : state.OpenColumns()) {
    const auto& score = state.profile.columns[c].target_score;
    if (Contains(known, c) || !score || state.table.column(c).storage() == table::Storage::kTimestamp) continue;
    if (state.table.field(c).type == table::SemanticType::kId ||
        state.table.field(c).type == table::SemanticType::kText)
      continue;
    ranked.push_back({c, Strength(state.goal->task, *score), *score});
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.strength > b.strength; });
  return ranked;
}

struct Derivation {
  std::size_t source, later, other;
};

/// Strong columns (and known leaks) that are the difference or sum of two others: the later one of the
/// two gives as much away.
std::vector<Derivation> FindDerivations(const CheckState& state, const std::vector<LeakView>& views,
                                        const std::vector<Ranked>& ranked, const std::vector<Leak>& known) {
  std::vector<std::size_t> sources;
  for (const Leak& leak : known) {
    if (!IsSuspect(leak.kind)) sources.push_back(leak.column);
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(5, ranked.size()); ++i) {
    if (ranked[i].strength >= 0.35) sources.push_back(ranked[i].column);
  }
  std::vector<Derivation> found;
  for (const std::size_t source : sources) {
    const auto view = std::find_if(views.begin(), views.end(), [&](const LeakView& v) { return v.column == source; });
    if (view == views.end() || view->kind != LeakView::Kind::kNumber || state.profile.columns[source].distinct < 20)
      continue;
    std::vector<bool> allowed(views.size());
    for (std::size_t v = 0; v < views.size(); ++v) {
      allowed[v] = views[v].column != source && state.IsOpen(views[v].column) && !Contains(known, views[v].column);
    }
    for (const Identity& identity : FindIdentities(state.context, view->values, true, views, allowed, 0.98)) {
      if (identity.operation != '-' && identity.operation != '+') continue;
      const std::size_t a = views[identity.first].column, b = views[identity.second].column;
      const bool first = LaterScore(state, a) >= LaterScore(state, b);
      found.push_back({source, first ? a : b, first ? b : a});
      break;
    }
  }
  return found;
}

void AddByStrength(const CheckState& state, const std::vector<Ranked>& ranked,
                   const std::vector<Derivation>& derivations, std::vector<Leak>& suspects) {
  const bool numbers = state.goal->task == Task::kRegression;
  const double strong = numbers ? kStrongR2 : kStrongAuc;
  std::size_t many = 0;
  while (many < ranked.size() && ranked[many].score >= strong) ++many;
  // Where many columns are strong the target is easy; then only one that is far better still stands out.
  const double typical = many > 3 ? 1 - ranked[many / 2].score : INFINITY;
  for (std::size_t i = 0; i < many; ++i) {
    if (1 - ranked[i].score > 0.5 * typical) continue;
    Leak leak{ranked[i].column, LeakKind::kStrong};
    leak.score = ranked[i].score;
    suspects.push_back(leak);
  }
  if (ranked.size() < 3 || many > 0 || ranked[0].strength < (numbers ? kDominantR2 : kDominant)) return;
  const Ranked& first = ranked[0];
  const auto next = std::find_if(ranked.begin() + 1, ranked.end(), [&](const Ranked& r) {
    return std::none_of(derivations.begin(), derivations.end(),
                        [&](const Derivation& d) { return d.source == first.column && d.later == r.column; });
  });
  if (next == ranked.end() || first.strength < kDominantRatio * next->strength) return;
  Leak leak{first.column, LeakKind::kDominates};
  leak.score = first.score;
  leak.other = next->column;
  suspects.push_back(leak);
}

void AddByName(const CheckState& state, const std::vector<Ranked>& ranked, std::vector<Leak>& suspects) {
  for (std::size_t i = 0; i < std::min<std::size_t>(3, ranked.size()); ++i) {
    const std::size_t c = ranked[i].column;
    if (ranked[i].strength < 0.3 || Contains(suspects, c) || !SoundsAfter(state.Name(c))) continue;
    Leak leak{c, LeakKind::kName};
    leak.score = ranked[i].score;
    suspects.push_back(leak);
  }
}

/// A time that always lies after another, where the span between them says much: the end of what began.
void AddLater(const CheckState& state, const std::vector<LeakView>& views, const std::vector<Leak>& known,
              std::vector<Leak>& suspects) {
  for (const LeakView& late : views) {
    if (late.kind != LeakView::Kind::kTime || !state.IsOpen(late.column) || Contains(known, late.column)) continue;
    for (const LeakView& early : views) {
      const bool time = early.kind == LeakView::Kind::kTime || early.kind == LeakView::Kind::kComposedDate;
      if (!time || early.column == late.column || Contains(suspects, late.column)) continue;
      std::vector<double> span(late.values.size());
      double present = 0, before = 0;
      for (std::size_t i = 0; i < span.size(); ++i) {
        span[i] = late.values[i] - early.values[i];
        present += !std::isnan(span[i]);
        before += span[i] < 0;
      }
      if (present < 0.9 * double(span.size()) || before > 0.001 * present || SoundsPlanned(late.name)) continue;
      const double score = CrossFittedScore(state.sample, BinNumbers(span, 48));
      const auto& alone = state.profile.columns[late.column].target_score;
      const double strength = Strength(state.goal->task, score);
      if (strength < 0.4 || (alone && strength < 1.5 * Strength(state.goal->task, *alone))) continue;
      Leak leak{late.column, LeakKind::kLater};
      leak.other = early.column;
      if (early.kind == LeakView::Kind::kComposedDate) leak.other_name = early.name;
      leak.score = score;
      suspects.push_back(leak);
    }
  }
}

}  // namespace

std::vector<Leak> FindSuspects(const CheckState& state, const std::vector<LeakView>& views,
                               const std::vector<Leak>& known) {
  std::vector<Leak> suspects;
  if (state.sample.y.size() < 100) return suspects;
  const std::vector<Ranked> ranked = RankColumns(state, known);
  const std::vector<Derivation> derivations = FindDerivations(state, views, ranked, known);
  AddByStrength(state, ranked, derivations, suspects);
  for (const Derivation& d : derivations) {
    if (Contains(suspects, d.later) || Contains(known, d.later)) continue;
    if (!Contains(suspects, d.source) && !Contains(known, d.source)) continue;
    Leak leak{d.later, LeakKind::kDerived};
    leak.other = d.other;
    leak.source = state.Name(d.source);
    const auto& score = state.profile.columns[d.later].target_score;
    leak.score = score ? *score : 0;
    suspects.push_back(leak);
  }
  for (const Leak& leak : known) {
    if (IsSuspect(leak.kind) && !Contains(suspects, leak.column)) suspects.push_back(leak);
  }
  AddByName(state, ranked, suspects);
  AddLater(state, views, known, suspects);
  for (Leak& leak : suspects) {
    if (leak.rows == 0) leak.rows = std::int64_t(state.sample.y.size());
  }
  return suspects;
}

}  // namespace tagwerk::profile
