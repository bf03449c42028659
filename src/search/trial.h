// A trial: one configuration fitted on the folds. Fits of folds are independent tasks; Conclude() turns
// their outcomes into the record of the leaderboard.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "search/folds.h"
#include "search/problem.h"

namespace tagwerk::search {

/// A learner with parameters (--set applied) at a share of the training rows.
struct Configuration {
  const model::LearnerDescriptor* learner = nullptr;
  model::Parameters parameters;
  double share = 1;

  /// Equal for equal configurations, in every process.
  std::uint64_t Key() const;
  std::string Title() const;  ///< "boosting  63 leaves, rate 0.05"
};

/// What a fit on one fold gave.
struct FoldOutcome {
  bool ok = false;
  bool cancelled = false;  ///< stopped or out of time before anything usable
  std::optional<Error> out_of_memory;
  std::string error;
  std::vector<double> scores;  ///< validation rows x outputs
  double fold_score = 0;
  model::Parameters refit;
  std::vector<model::CurvePoint> curve;
  bool stopped_early = false;
  double fit_seconds = 0, predict_seconds = 0;
  std::uint64_t size_bytes = 0;  ///< of fold 0
};

struct Trial {
  int id = 0;
  bool baseline = false;
  Configuration configuration;
  std::vector<FoldOutcome> outcomes;  ///< one per used fold, empty scores where not fitted
  bool pruned = false;
  TrialRecord record;
  Scorecard card;  ///< of an ok trial
};

/// Fits one fold for at most `seconds` and scores its validation rows. Never fails: faults are in the
/// outcome.
FoldOutcome FitFold(const Context& context, const Problem& problem, FoldStore& store, const Trial& trial,
                    std::size_t fold, double seconds);

/// Fills trial.record and trial.card from the outcomes. `baseline` is the best baseline, if known.
void Conclude(const Problem& problem, Trial& trial);
/// Fills the difference to the best baseline with its paired interval.
void CompareWithBaseline(const Problem& problem, const Scorecard& baseline, const Scorecard& card, TrialRecord& record);

/// Averages the refit parameters of the folds: whole numbers rounded, numbers on a log scale by their
/// geometric mean, choices by the most frequent value.
model::Parameters MeanRefit(const model::LearnerDescriptor& learner, const std::vector<model::Parameters>& folds);

}  // namespace tagwerk::search
