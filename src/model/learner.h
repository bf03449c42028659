// Learner = algorithm + hyperparameters, described by a LearnerDescriptor: one folder, one line in
// learners/learners.cc (training) and one in learners/models.cc (loading).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "model/model.h"
#include "model/parameters.h"

namespace tagwerk::model {

/// Things computed once and shared by all fits on the same matrix and training rows (bins, sorted
/// columns). Thread-safe: the first caller builds, others wait.
class FitCache {
 public:
  template <class T>
  std::shared_ptr<const T> Get(const std::string& key, const std::function<std::shared_ptr<const T>()>& build) {
    std::unique_lock lock(mutex_);
    auto& slot = slots_[key];
    if (!slot) slot = std::make_shared<Slot>();
    auto held = slot;
    lock.unlock();
    std::lock_guard build_lock(held->mutex);
    if (!held->value) held->value = build();
    return std::static_pointer_cast<const T>(held->value);
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<const void> value;
  };
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>> slots_;
};

/// What a fit is given. y, weight and the matrix cover all rows; only train_rows teach, valid_rows
/// (may be empty) serve early stopping only. Class labels are 0..num_classes-1 as doubles.
struct TrainingData {
  Task task = Task::kRegression;
  int num_classes = 0;  ///< 0 for regression
  const Matrix* x = nullptr;
  std::span<const double> y;
  std::span<const double> weight;  ///< empty: all 1
  RowSpan train_rows;
  RowSpan valid_rows;
  FitCache* cache = nullptr;  ///< may be null
};

struct CurvePoint {
  int iteration;
  double train_loss, valid_loss;  ///< mean log loss or root mean squared error; NaN if not computed
};

struct Fitted {
  std::unique_ptr<Model> model;
  std::vector<CurvePoint> curve;  ///< empty for learners that do not iterate
  /// Parameters to set when the same configuration is fitted again without validation rows
  /// (n_estimators at the best iteration, the chosen penalty).
  Parameters refit;
  bool stopped_early = false;  ///< the deadline cut it; the model is a usable prefix
};

/// Which feature recipe a learner wants (see features/features.h).
/// kTreeDerived: the tree recipe with features made of two columns.
enum class Recipe : std::uint8_t { kTree, kLinear, kTreeDerived };

/// Parameter of learners on the tree recipe that may ask for kTreeDerived.
inline constexpr std::string_view kDerivedFeatures = "derived_features";

struct Capabilities {
  bool missing = false;     ///< takes NaN and -1 as they are
  bool categories = false;  ///< takes category columns
  bool iterative = false;   ///< has n_estimators and early stopping
};

using FitFunction = Result<Fitted> (*)(const Context& context, const TrainingData& data, const Parameters& parameters);

struct LearnerDescriptor {
  std::string id;     ///< "gradient_boosting"
  std::string title;  ///< "boosting", in the leaderboard
  std::string doc;    ///< one sentence
  std::vector<Task> tasks;
  Recipe recipe = Recipe::kTree;
  Capabilities capabilities;
  std::vector<ParameterSpec> parameters;
  std::vector<std::string> references;  ///< papers, sections
  FitFunction fit = nullptr;
  bool baseline = false;  ///< part of the baselines, never of the search
  /// Writes the short words of the leaderboard for given parameters: "63 leaves, rate 0.05".
  std::function<std::string(const Parameters&)> describe;
  /// Estimates seconds of one thread for a fit of rows x cols (classes >= 2 for classification); a start
  /// value that the search corrects by measurement.
  std::function<double(std::size_t rows, std::size_t cols, int classes, const Parameters&)> cost;
};

/// Returns the recipe that a fit with these parameters wants.
inline Recipe RecipeOf(const LearnerDescriptor& learner, const Parameters& parameters) {
  const bool derived = parameters.Has(kDerivedFeatures) && parameters.Get(learner.parameters, kDerivedFeatures) != 0;
  return derived && learner.recipe == Recipe::kTree ? Recipe::kTreeDerived : learner.recipe;
}

}  // namespace tagwerk::model
