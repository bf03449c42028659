// Planner: what to try next. A function of the finished trials alone: portfolio in order (on few rows
// first where the data is large), then random steps around the best configurations.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "search/portfolio.h"
#include "search/state.h"

namespace tagwerk::search {

class Planner {
 public:
  /// `share`: part of the rows that the search begins with.
  Planner(const Problem& problem, double share);

  /// Memory ran out at a share of the rows: from now on only smaller ones are tried.
  void StayBelow(double share);

  using Affordable = std::function<bool(const Configuration&)>;
  /// Returns up to `count` configurations that were not tried; empty when there is none left.
  /// `skipped` tells whether one was left out because it does not fit into the time.
  std::vector<Configuration> Next(const State& state, std::size_t count, const Affordable& affordable,
                                  bool* skipped) const;
  /// Whether all of the portfolio was tried at the full share.
  bool PortfolioDone(const State& state) const;
  /// The best configuration of this share, as it would be tried on the next one.
  std::optional<Configuration> Promotion(const State& state, double share) const;
  const std::vector<Configuration>& portfolio() const { return portfolio_; }

 private:
  std::vector<Configuration> LevelCandidates(const State& state, std::size_t level) const;
  std::vector<std::size_t> BestOf(const State& state, double share) const;
  std::size_t TriedAt(const State& state, double share) const;
  bool LocalMove(const State& state, std::size_t number, Configuration& out) const;

  const Problem* problem_;
  std::vector<Configuration> portfolio_;
  std::vector<double> levels_;  ///< shares, rising to 1
};

}  // namespace tagwerk::search
