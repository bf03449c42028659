#include "app/own.h"

#include <array>
#include <mutex>
#include <utility>

#include "base/text.h"

namespace tagwerk::app {

namespace {

using Fit = std::function<Result<model::Fitted>(const Context&, const model::TrainingData&)>;

struct Slots {
  std::mutex mutex;
  std::array<Fit, kMostOwn> fits;  ///< empty: free
};

Slots& AllSlots() {
  static Slots slots;
  return slots;
}

template <std::size_t slot>
Result<model::Fitted> FitSlot(const Context& context, const model::TrainingData& data, const model::Parameters&) {
  Fit fit;
  {
    std::lock_guard lock(AllSlots().mutex);
    fit = AllSlots().fits[slot];
  }
  TW_CHECK(fit != nullptr);
  return fit(context, data);
}

template <std::size_t... slot>
constexpr std::array<model::FitFunction, kMostOwn> Functions(std::index_sequence<slot...>) {
  return {&FitSlot<slot>...};
}
constexpr auto kFunctions = Functions(std::make_index_sequence<kMostOwn>());

/// Nothing is known of its cost before the first fit: a guess per cell that the search corrects by measuring.
double Cost(std::size_t rows, std::size_t columns, int classes, const model::Parameters&) {
  return 0.05 + 2e-7 * double(rows) * double(columns) * double(classes);
}

}  // namespace

OwnSlots::~OwnSlots() {
  std::lock_guard lock(AllSlots().mutex);
  for (const std::size_t slot : taken_) AllSlots().fits[slot] = nullptr;
}

Result<std::vector<model::LearnerDescriptor>> OwnSlots::Lend(const std::vector<OwnLearner>& learners) {
  std::vector<model::LearnerDescriptor> out;
  std::lock_guard lock(AllSlots().mutex);
  std::size_t slot = 0;
  for (const OwnLearner& learner : learners) {
    while (slot < kMostOwn && AllSlots().fits[slot] != nullptr) ++slot;
    if (slot == kMostOwn)
      return Error(Code::kInvalidArgument, "too-many-learners",
                   "more models of one's own than can be held at a time: " + Count(std::int64_t(learners.size())) +
                       ", at most " + Count(std::int64_t(kMostOwn)))
          .In("learners");
    AllSlots().fits[slot] = learner.fit;
    taken_.push_back(slot);
    model::LearnerDescriptor descriptor;
    descriptor.id = descriptor.title = learner.id;
    descriptor.doc = "a model that was brought along";
    descriptor.tasks = {Task::kBinary, Task::kMulticlass, Task::kRegression};
    descriptor.recipe = model::Recipe::kLinear;
    descriptor.fit = kFunctions[slot];
    descriptor.cost = Cost;
    out.push_back(std::move(descriptor));
  }
  return out;
}

Error OwnFailed(const std::string& name, const std::string& what) {
  return Error(Code::kFailedPrecondition, "own-model-failed", Printable(name + ": " + what, 500)).ExitCode(2);
}

Error OwnStopped(const std::string& name) {
  return Error(Code::kCancelled, "own-model-stopped", name + " was still being fitted when its time was up");
}

Error NotPortable(const std::vector<std::string>& names) {
  return Error(Code::kUnimplemented, "model-not-portable",
               "a model file holds no code, and this model needs the code of: " + Join(names, ", "))
      .Do("predict in this session, or train with learners=\"all\" to get a model that can be saved");
}

}  // namespace tagwerk::app
