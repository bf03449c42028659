#include "learners/trees/boosting_checks.h"

#include <algorithm>
#include <string>

namespace tagwerk::learners::trees {

namespace {
constexpr int kManyOutputs = 64;  // from here on one tree for all of them is taken
}

Status SettleOutputs(const Objective& objective, BoostingSettings& settings) {
  const GrowRules& grow = settings.grow;
  const auto contradiction = [](const char* what) {
    return Error(Code::kInvalidArgument, "option-contradiction",
                 std::string("trees for all classes at once have no ") + what)
        .Do("multi_output=off");
  };
  const bool many = objective.outputs() > 1 && !objective.renews_leaves();
  const Forest* before = settings.before;
  const bool sampled = settings.sampling != Sampling::kUniform && settings.subsample < 1;
  const char* lacks = !grow.groups.empty()                ? "interaction constraints"
                      : grow.split.path_smooth > 0        ? "path smoothing"
                      : grow.split.random_thresholds      ? "random thresholds"
                      : grow.growth == Growth::kOblivious ? "oblivious growth"
                      : sampled                           ? "sampling by gradients"
                                                          : nullptr;
  if (settings.multi == MultiOutput::kOn && many && lacks != nullptr) return contradiction(lacks);
  bool one = many && settings.multi == MultiOutput::kOn;
  if (settings.multi == MultiOutput::kAuto)
    one = many && lacks == nullptr && (before != nullptr ? before->width > 1 : objective.outputs() >= kManyOutputs);
  settings.multi = one ? MultiOutput::kOn : MultiOutput::kOff;
  if (before == nullptr || (before->width > 1) == one) return Ok();
  return Error(Code::kInvalidArgument, "warm-start-shape", "the model to continue has another number of trees a round")
      .Do("keep multi_output as it was, or fit anew: warm_start=False");
}

Status CheckDirections(const model::TrainingData& data, const Objective& objective,
                       const std::vector<std::int8_t>& directions) {
  if (std::all_of(directions.begin(), directions.end(), [](std::int8_t d) { return d == 0; })) return Ok();
  const auto unsupported = [](std::string what, std::string fix) {
    return Error(Code::kUnimplemented, "constraint-unsupported", std::move(what)).Do(std::move(fix));
  };
  if (objective.outputs() > 1) {
    return unsupported(
        "predictions of three and more classes, or of several quantiles, cannot be made to rise with a "
        "column",
        "fit one model for each class or quantile");
  }
  if (objective.renews_leaves()) {
    return unsupported("this loss sets leaves by quantiles, which cannot be made to rise with a column",
                       "use loss squared or huber");
  }
  for (std::size_t j = 0; j < std::min(directions.size(), data.x->cols()); ++j) {
    if (directions[j] == 0 || !data.x->column(j).is_category()) continue;
    return unsupported("categories have no order that predictions could rise with", "leave the column free")
        .Column(data.x->column(j).name);
  }
  return Ok();
}

}  // namespace tagwerk::learners::trees
