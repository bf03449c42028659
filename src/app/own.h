// Models that a caller brings along (Python): they join the search as learners of their own, on the same
// folds, and leave the program with it - a model file holds no foreign code.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/learner.h"

namespace tagwerk::app {

/// A learner from outside. `fit` is called from any thread, gets the linear recipe (numbers without gaps,
/// categories as codes) and must obey context.deadline as well as it can.
struct OwnLearner {
  std::string id;  ///< also its title in the leaderboard
  std::function<Result<model::Fitted>(const Context& context, const model::TrainingData& data)> fit;
};

/// Most learners of one's own that a process can hold at a time.
inline constexpr std::size_t kMostOwn = 16;

/// Lends descriptors to learners with state: a descriptor's fit is a plain function (descriptors are constants), so
/// each learner gets one of 16 functions, for as long as this object lives.
class OwnSlots {
 public:
  OwnSlots() = default;
  ~OwnSlots();
  OwnSlots(const OwnSlots&) = delete;
  OwnSlots& operator=(const OwnSlots&) = delete;

  /// Returns the descriptors. Error: too-many-learners (exit 2) when all functions are lent.
  Result<std::vector<model::LearnerDescriptor>> Lend(const std::vector<OwnLearner>& learners);

 private:
  std::vector<std::size_t> taken_;
};

/// The errors of models of one's own: its code failed; its time was up; a file was asked to hold it.
Error OwnFailed(const std::string& name, const std::string& what);
Error OwnStopped(const std::string& name);
Error NotPortable(const std::vector<std::string>& names);

}  // namespace tagwerk::app
