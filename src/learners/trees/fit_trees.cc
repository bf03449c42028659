// One door to the four learners for callers that give more than parameters.
#include "base/text.h"
#include "learners/trees/boosting.h"
#include "learners/trees/forests.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {

namespace {

const model::LearnerDescriptor* FindTreeLearner(std::string_view id) {
  for (const auto* learner : {&GradientBoosting(), &RandomForest(), &ExtraTrees(), &DecisionTree()}) {
    if (learner->id == id) return learner;
  }
  return nullptr;
}

/// A model can be continued only with as many classes or quantiles as it has.
Status CheckContinues(const Forest& before, const model::TrainingData& data, std::size_t quantiles) {
  const std::size_t wanted =
      IsClassification(data.task) ? std::size_t(data.num_classes) : std::max<std::size_t>(1, quantiles);
  if (before.outputs == wanted) return Ok();
  return Error(Code::kInvalidArgument, "warm-start-shape", "the model to continue has another number of outputs")
      .Got(std::to_string(wanted) + " instead of " + std::to_string(before.outputs))
      .Do("fit anew: warm_start=False");
}

}  // namespace

Result<model::Fitted> FitTrees(std::string_view learner, const Context& context, const model::TrainingData& data,
                               const model::Parameters& parameters, const FitExtras& extras) {
  const model::LearnerDescriptor* descriptor = FindTreeLearner(learner);
  if (descriptor == nullptr)
    return Error(Code::kNotFound, "unknown-learner", "learner does not exist: " + Quoted(learner));
  TW_RETURN_IF_ERROR(model::ValidateParameters(learner, descriptor->parameters, parameters));
  if (extras.before != nullptr) TW_RETURN_IF_ERROR(CheckContinues(*extras.before, data, extras.quantiles.size()));
  if (descriptor != &GradientBoosting()) {
    ForestSettings settings = ForestSettingsOf(learner, parameters);
    settings.before = extras.before;
    return FitForest(context, data, settings);
  }
  TW_TRY(BoostingSettings settings, BoostingSettingsOf(parameters, data.task));
  if (settings.stopping_metric != nullptr && extras.quantiles.size() > 1)
    return Error(Code::kInvalidArgument, "option-contradiction", "a metric cannot judge several quantiles at once")
        .Do("stopping_metric=auto: their mean loss decides");
  settings.before = extras.before;
  settings.loss.quantiles = extras.quantiles;
  settings.on_round = extras.on_round;
  settings.grow.directions = extras.directions;
  settings.grow.groups = extras.groups;
  return FitBoosting(context, data, settings);
}

}  // namespace tagwerk::learners::trees
