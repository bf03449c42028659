// State: what the search knows between two batches. It depends on the finished trials and their order
// only, never on the clock.
#pragma once

#include <vector>

#include "search/trial.h"

namespace tagwerk::search {

/// Out-of-fold scores are kept for this many trials; only they can enter the ensemble.
inline constexpr std::size_t kCandidates = 25;

class State {
 public:
  explicit State(const Problem& problem) : problem_(&problem) {}

  /// Takes over a finished trial and keeps the ranking, the running blend and the gains.
  void Add(Trial trial);

  const std::vector<Trial>& trials() const { return trials_; }
  std::vector<Trial>& trials() { return trials_; }
  /// Indices of ok trials, best first (baselines too).
  const std::vector<std::size_t>& ranked() const { return ranked_; }
  std::size_t search_trials() const { return search_trials_; }
  bool Tried(const Configuration& configuration) const;
  /// Index of the best ok baseline, or of none (npos).
  std::size_t best_baseline() const { return best_baseline_; }
  static constexpr std::size_t npos = std::size_t(-1);

  /// Whether a trial with this score can still enter the ensemble.
  bool Contends(double score) const;

  // ---- running blend: what an ensemble would predict, and what each trial added to it
  /// Per row of oof_rows: probability of the true class, or the predicted value.
  const std::vector<double>& blend() const { return blend_; }
  /// Relative fall of the blend's loss that each search trial brought, in order.
  const std::vector<double>& gains() const { return gains_; }
  /// Trials that entered the running blend, with weights that sum to 1.
  std::vector<std::pair<std::size_t, double>> members() const;

 private:
  void Rank(std::size_t index);
  void UpdateBlend(std::size_t index);
  const Problem* problem_;
  std::vector<Trial> trials_;
  std::vector<std::size_t> ranked_;
  std::vector<std::uint64_t> keys_;  ///< sorted
  std::size_t search_trials_ = 0, best_baseline_ = npos;
  std::vector<double> blend_, weights_;  ///< weights_ by trial
  double blend_loss_ = 0;
  std::vector<double> gains_;
};

/// Turns scores of rows into what the blend holds: the true class's probability, or the value.
std::vector<double> TrueScores(const Problem& problem, const std::vector<double>& oof);
/// Loss of one such value.
double TrueLoss(const Problem& problem, double value, double truth);

/// Decides after the first folds whether the others are worth fitting: yes if mixing the trial into the
/// running blend with weight 0.1, 0.2 or 0.3 lowers its loss, if its scores so far are above those of the best single
/// one, or if it is not clearly worse than that (paired difference of losses above one standard error).
bool WorthFinishing(const Problem& problem, const State& state, const Trial& trial, std::size_t folds);

}  // namespace tagwerk::search
