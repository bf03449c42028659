// Replay: what the journal knows. Decisions of earlier processes are taken again, finished trials are
// taken over with their scores and never repeated.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "search/trial.h"

namespace tagwerk::search {

/// What runs next: trials of one batch.
struct Decision {
  int step = 0;
  std::vector<Trial> batch;
};

/// Chosen once at the start: how many folds, and the share of rows the search begins with.
struct Plan {
  std::size_t folds = 1;
  double share = 1;
  double baseline_share = 1;
};

class Replay {
 public:
  explicit Replay(Journal* journal);

  std::optional<Plan> plan() const;
  /// The decision of a step, if it was journalled and its learners still exist.
  std::optional<Decision> Find(const Problem& problem, int step) const;
  /// Fills record and card of a finished trial; false if the journal has none for this configuration.
  bool Restore(const Problem& problem, Trial& trial) const;
  /// How many candidates the ensemble of this many trials had, if it was made before.
  std::optional<std::size_t> Candidates(std::size_t trials) const;
  std::size_t finished() const { return trials_.size(); }

  Status Write(const Plan& plan);
  Status WriteCandidates(std::size_t trials, std::size_t candidates);
  Status Write(const Decision& decision, double seconds_left);
  /// `with_scores` = false leaves the out-of-fold scores out: the trial cannot enter the ensemble any more.
  Status Write(const Problem& problem, const Trial& trial, bool with_scores);

 private:
  Status Append(JournalRecord record);
  Journal* journal_;
  std::map<int, const JournalRecord*> decisions_, trials_, ensembles_;  ///< by step, id, number of trials
  const JournalRecord* plan_ = nullptr;
};

}  // namespace tagwerk::search
