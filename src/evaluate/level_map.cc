#include "evaluate/level_map.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tagwerk::evaluate {
namespace {

constexpr double kTinyRank = 1e-9;   ///< keeps (n + 1) * 0.9 = 9.000000000000002 from becoming 10
constexpr double kAtomShare = 0.02;  ///< of the pairs of one fold that tie, beyond those of two folds

std::size_t RankOf(double level, std::size_t n) {
  const double rank = std::ceil(double(n + 1) * level - kTinyRank);
  return std::size_t(std::clamp(rank, 1.0, double(n)));
}

/// How much more the share of held rows varies than if rows had nothing to do with each other (at level 0.9).
double DesignEffect(std::span<const double> entered, std::span<const std::uint64_t> units) {
  const double n = double(entered.size());
  const auto held = [](double level) { return double(level < 0.9); };
  double share = 0;
  for (const double level : entered) share += held(level) / n;
  std::map<std::uint64_t, double> sums;
  for (std::size_t i = 0; i < entered.size(); ++i) sums[units[i]] += held(entered[i]) - share;
  double squares = 0;
  for (const auto& [unit, sum] : sums) squares += sum * sum;
  const double plain = n * share * (1 - share);
  return plain > 0 ? std::max(1.0, squares / plain) : 1.0;
}

/// Share of pairs of equal scores: within folds, or over all rows whatever their fold.
double TieShare(const FoldedScores& of_class, bool within) {
  std::map<std::pair<std::int32_t, double>, double> counts;
  std::map<std::int32_t, double> rows;
  for (std::size_t i = 0; i < of_class.scores.size(); ++i) {
    const std::int32_t fold = within ? of_class.folds[i] : 0;
    counts[{fold, of_class.scores[i]}] += 1;
    rows[fold] += 1;
  }
  double ties = 0, pairs = 0;
  for (const auto& [key, count] : counts) ties += count * (count - 1);
  for (const auto& [fold, n] : rows) pairs += n * (n - 1);
  return pairs > 0 ? ties / pairs : 0;
}

std::vector<double> Thinned(const std::vector<double>& sorted, std::size_t most) {
  const std::size_t n = sorted.size();
  if (n <= most) return sorted;
  std::vector<double> out;
  for (std::size_t j = 1; j <= most; ++j) out.push_back(sorted[std::min(((n + 1) * j + most) / (most + 1), n) - 1]);
  return out;
}

}  // namespace

LevelMap::LevelMap(std::span<const double> entered, std::span<const std::uint64_t> units) {
  if (entered.size() < kLeastLevelRows) return;
  entered_.assign(entered.begin(), entered.end());
  if (units.size() == entered.size()) design_ = DesignEffect(entered, units);
  std::sort(entered_.begin(), entered_.end());
}

double LevelMap::Observed(double level) const {
  const auto held = std::lower_bound(entered_.begin(), entered_.end(), level) - entered_.begin();
  return double(held) / double(std::max<std::size_t>(1, entered_.size()));
}

double LevelMap::Moved(double level) const {
  const double move = Observed(level) - level;
  const double variance = design_ * level * (1 - level) / double(entered_.size());
  if (move * move <= variance) return level;
  const double wanted = entered_[RankOf(level, entered_.size()) - 1] + kTinyRank;
  return level + (1 - variance / (move * move)) * (wanted - level);
}

double LevelMap::At(double level) const {
  return empty() ? level : std::clamp(level + reach_ * (Moved(level) - level), 0.0, 1.0);
}

LevelMap LevelMap::Further(double step) const {
  LevelMap out = *this;
  out.reach_ += step;
  return out;
}

double EntersAt(std::span<const double> sorted, double value) {
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
  return double(below) / double(sorted.size() + 1);
}

std::vector<double> AtLevels(std::span<const double> sorted, const LevelMap& map) {
  std::vector<double> out(sorted.begin(), sorted.end());
  if (map.empty()) return out;
  std::size_t rank = 1;
  for (std::size_t j = 0; j < out.size(); ++j) {
    rank = std::max(rank, RankOf(map.At(double(j + 1) / double(out.size() + 1)), out.size()));
    out[j] = sorted[rank - 1];
  }
  return out;
}

double EntersAtTails(std::span<const double> sorted, double value) {
  const auto below = double(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
  const auto above = double(sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), value));
  return std::max(0.0, 2 * std::max(below, above) / double(sorted.size() + 1) - 1);
}

std::vector<double> TailsAtLevels(std::span<const double> sorted, const LevelMap& map) {
  std::vector<double> out(sorted.begin(), sorted.end());
  if (map.empty()) return out;
  const std::size_t n = out.size();
  std::size_t rank = n / 2 + 1;
  for (std::size_t j = n / 2; j < n; ++j) {
    const double level = std::max(0.0, 2 * double(j + 1) / double(n + 1) - 1);
    rank = std::max(rank, RankOf((1 + map.At(level)) / 2, n));
    out[j] = sorted[rank - 1];
    out[n - 1 - j] = sorted[n - rank];
  }
  return out;
}

bool TiesByFold(const FoldedScores& of_class) {
  return TieShare(of_class, true) - TieShare(of_class, false) > kAtomShare;
}

std::vector<double> OrderStatistics(const FoldedScores& of_class, std::size_t most) {
  std::vector<double> sorted = of_class.scores;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> out = Thinned(sorted, most);
  if (!TiesByFold(of_class)) return out;
  std::map<std::int32_t, std::vector<double>> folds;
  for (std::size_t i = 0; i < of_class.scores.size(); ++i) folds[of_class.folds[i]].push_back(of_class.scores[i]);
  for (auto& [fold, scores] : folds) std::sort(scores.begin(), scores.end());
  std::vector<double> bars;
  for (std::size_t j = 0; j < out.size(); ++j) {
    const double level = double(j + 1) / double(out.size() + 1);
    bars.clear();
    for (const auto& [fold, scores] : folds) {
      const double rank = std::ceil(double(scores.size()) * level - kTinyRank);
      bars.push_back(scores[std::size_t(std::clamp(rank, 1.0, double(scores.size()))) - 1]);
    }
    std::sort(bars.begin(), bars.end());
    out[j] = std::max(out[j], bars[bars.size() - 1 - bars.size() / 5]);
  }
  return out;
}

}  // namespace tagwerk::evaluate
