// Predicts the seconds of a fit: the learner's own estimate, corrected by what fits of the same learner
// took so far (ratio of measured to estimated time, geometric mean with decay).
#pragma once

#include <map>
#include <string>

#include "search/trial.h"

namespace tagwerk::search {

class CostModel {
 public:
  /// `slowness`: how much longer than on an idle reference machine work takes now (MeasureSlowness).
  CostModel(const Problem& problem, int threads, double slowness = 1)
      : problem_(&problem), threads_(threads), slowness_(slowness) {}

  /// Learns from a finished trial.
  void Observe(const Configuration& configuration, const TrialRecord& record);
  /// Seconds of one fit on a fold (or on `rows` rows).
  double FitSeconds(const Configuration& configuration) const;
  double FitSecondsOn(const Configuration& configuration, double rows) const;
  /// Wall seconds of fitting all used folds with all threads.
  double TrialSeconds(const Configuration& configuration) const;
  /// Wall seconds of fitting the configuration once on all rows, after the folds.
  double RefitSeconds(const Configuration& configuration) const;

 private:
  struct Correction {
    double log_ratio = 0, weight = 0;
  };
  model::Parameters Expected(const Configuration& configuration) const;
  double Estimate(const Configuration& configuration, const model::Parameters& parameters, double rows) const;
  const Problem* problem_;
  int threads_;
  double slowness_;
  std::map<std::string, Correction> corrections_;
  std::map<std::string, double> progress_;  ///< iterations x rate at the best iteration, by learner
};

/// Runs a fixed piece of work on every thread for a moment (about 20 ms); 1 = idle reference machine,
/// 5 = five times slower, as when other processes want the cores too.
double MeasureSlowness(const Context& context);

}  // namespace tagwerk::search
