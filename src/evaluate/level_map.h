// Out-of-fold errors calibrate intervals and sets of fold models. The model that is delivered learns from more rows and
// is fitted otherwise, so that they may hold more (or less) than they say. Held-out rows, which the judged model
// predicted, tell which out-of-fold level holds a wanted share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tagwerk::evaluate {

constexpr std::size_t kLeastLevelRows = 100;  ///< held-out rows below which no level is moved

class LevelMap {
 public:
  LevelMap() = default;
  /// `entered`: for each held-out row the level above which its interval or set holds the truth, 0 to 1: its rank among
  /// the out-of-fold errors (split conformal prediction on those ranks, Lei et al. 2018, algorithm 2). `units`: rows
  /// that belong together (days, groups), or empty.
  LevelMap(std::span<const double> entered, std::span<const std::uint64_t> units);

  bool empty() const { return entered_.empty(); }
  /// Returns the out-of-fold level for a wanted share; the step is pulled towards none by its standard error
  /// (James-Stein).
  double At(double level) const;
  /// Share of the held-out rows that the out-of-fold level holds.
  double Observed(double level) const;
  /// The map of a model that goes on by `step` times what led from the folds' models to the judged one.
  LevelMap Further(double step) const;

 private:
  double Moved(double level) const;

  std::vector<double> entered_;  ///< sorted
  double reach_ = 1;             ///< of each move, in that of the judged model
  double design_ = 1;            ///< variance of a share, in that of rows which have nothing to do with each other
};

/// Level above which a sorted row of order statistics (level j / (n + 1)) reaches `value`.
double EntersAt(std::span<const double> sorted, double value);
/// The order statistics that stand at the mapped levels.
std::vector<double> AtLevels(std::span<const double> sorted, const LevelMap& map);
/// The same for sorted signed errors whose tails hold half of what lies outside each.
double EntersAtTails(std::span<const double> sorted, double value);
std::vector<double> TailsAtLevels(std::span<const double> sorted, const LevelMap& map);

/// Scores of one class, and the fold that each comes from.
struct FoldedScores {
  std::vector<double> scores;
  std::vector<std::int32_t> folds;
};
/// Whether scores of one fold tie far more often than those of two: those of a small tree, which has few scores, other
/// ones in every fold and in the model that is delivered.
bool TiesByFold(const FoldedScores& of_class);
/// Returns at most `most` order statistics of out-of-fold scores. Where they tie by fold, a bar between those of two
/// folds would take in or leave out whole leaves of the model that is delivered: it is among the highest of all folds
/// (four fifths lie below).
std::vector<double> OrderStatistics(const FoldedScores& of_class, std::size_t most);

}  // namespace tagwerk::evaluate
