// Runner: fits the trials of one batch, fold by fold side by side, with a race after the first folds.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "search/replay.h"
#include "search/state.h"

namespace tagwerk::search {

class Runner {
 public:
  Runner(const Problem& problem, FoldStore& store, Replay& replay, const SearchEvents& events)
      : problem_(&problem), store_(&store), replay_(&replay), events_(&events) {}

  /// Runs the trials that the journal does not have. `state` is that of all earlier batches; it decides
  /// the race (none for baselines). Trials come back concluded, in order; each is journalled and reported
  /// as soon as it is finished. A fit gets `fit_seconds` at most, so that a slow one leaves time for the
  /// other folds. Fails only if the journal cannot be written.
  Status Run(const Context& context, const State& state, std::vector<Trial>& batch, double fit_seconds);

 private:
  struct Running {
    std::atomic<std::size_t> left{0};
    std::atomic<bool> broken{false};
    bool restored = false;
  };
  void FitFolds(const Context& context, const State& state, std::vector<Trial>& batch, std::vector<Running>& running,
                std::size_t first, std::size_t last);
  void Finish(const State& state, Trial& trial);
  void Now(const Trial& trial, std::size_t fold);

  const Problem* problem_;
  FoldStore* store_;
  Replay* replay_;
  const SearchEvents* events_;
  double fit_seconds_ = 1e18;
  std::mutex mutex_;            ///< journal and events
  std::optional<Error> fault_;  ///< of the journal
};

}  // namespace tagwerk::search
