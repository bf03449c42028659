// Cost of fits from descriptors and measurements.
#include "search/cost_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace tagwerk::search {
namespace {

constexpr double kDecay = 0.7;          // weight of what was known when a trial is added
constexpr double kCaution = 1.3;        // towards the upper end of the spread
constexpr double kRandomCutRounds = 3;  // rounds that boosting with random cuts needs, to those with the best cuts

bool HasSpec(const model::LearnerDescriptor& learner, std::string_view name) {
  return std::any_of(learner.parameters.begin(), learner.parameters.end(),
                     [&](const auto& spec) { return spec.name == name; });
}

bool RandomCuts(const model::LearnerDescriptor& learner, const model::Parameters& parameters) {
  return HasSpec(learner, "random_thresholds") && parameters.Get(learner.parameters, "random_thresholds") != 0;
}

}  // namespace

double CostModel::Estimate(const Configuration& configuration, const model::Parameters& parameters, double rows) const {
  const auto& learner = *configuration.learner;
  if (!learner.cost) return 0.05;
  const double seconds =
      learner.cost(std::size_t(rows), problem_->cols(), std::max(2, problem_->classes()), parameters);
  return std::isfinite(seconds) ? std::max(seconds, 1e-5) : 1e9;
}

/// Early stopping ends a fit long before the limit of n_estimators: about a constant / learning_rate.
model::Parameters CostModel::Expected(const Configuration& configuration) const {
  model::Parameters parameters = configuration.parameters;
  const auto& learner = *configuration.learner;
  if (!learner.capabilities.iterative || !HasSpec(learner, "learning_rate") || !HasSpec(learner, "n_estimators"))
    return parameters;
  const double rate = parameters.Get(learner.parameters, "learning_rate");
  const auto known = progress_.find(learner.id);
  const double progress =
      (known == progress_.end() ? 20 : known->second) * (RandomCuts(learner, parameters) ? kRandomCutRounds : 1);
  const double trees = std::min(parameters.Get(learner.parameters, "n_estimators"),
                                std::max(20.0, 1.3 * progress / std::max(rate, 1e-4) + 20));
  parameters.Set("n_estimators", std::round(trees));
  return parameters;
}

double CostModel::FitSecondsOn(const Configuration& configuration, double rows) const {
  double log_ratio = std::log(slowness_);
  if (const auto known = corrections_.find(configuration.learner->id); known != corrections_.end())
    log_ratio = known->second.log_ratio;
  return Estimate(configuration, Expected(configuration), rows) * kCaution * std::exp(log_ratio);
}

double CostModel::FitSeconds(const Configuration& configuration) const {
  return FitSecondsOn(configuration, double(problem_->train_rows) * configuration.share);
}

double CostModel::TrialSeconds(const Configuration& configuration) const {
  const double one = FitSeconds(configuration), folds = double(problem_->folds);
  // Fewer folds than threads: the threads left over help inside the fits.
  return one * std::max(1.0, std::ceil(folds / threads_ - 1e-9));
}

double CostModel::RefitSeconds(const Configuration& configuration) const {
  return FitSecondsOn(configuration, double(problem_->input->split->train.size()) * configuration.share);
}

void CostModel::Observe(const Configuration& configuration, const TrialRecord& record) {
  if (record.folds_done == 0) return;
  const auto& learner = *configuration.learner;
  const double measured = record.fit_seconds / record.folds_done;
  const double rows = double(problem_->train_rows) * configuration.share;
  model::Parameters actual = configuration.parameters;
  if (record.refit.Has("n_estimators") && HasSpec(learner, "learning_rate")) {
    const double trees = record.refit.Get(learner.parameters, "n_estimators");
    const double progress = trees * configuration.parameters.Get(learner.parameters, "learning_rate") /
                            (RandomCuts(learner, configuration.parameters) ? kRandomCutRounds : 1);
    auto [place, fresh] = progress_.try_emplace(learner.id, progress);
    if (!fresh) place->second = kDecay * place->second + (1 - kDecay) * progress;
    actual.Set("n_estimators", std::min(actual.Get(learner.parameters, "n_estimators"), std::round(1.3 * trees + 20)));
  }
  const double ratio = std::log(std::max(measured, 1e-6) / Estimate(configuration, actual, rows));
  Correction& correction = corrections_[learner.id];
  const double old = correction.weight * kDecay;
  correction.log_ratio = (correction.log_ratio * old + ratio) / (old + 1);
  correction.weight = old + 1;
}

double MeasureSlowness(const Context& context) {
  constexpr std::size_t kSteps = 1 << 20, kRepeats = 12;
  constexpr double kReferenceSeconds = 0.0216;  // of one thread that has a core for itself
  const auto threads = std::size_t(context.pool->threads());
  std::vector<std::uint64_t> sums(threads);
  const TimePoint start = Clock::now();
  context.pool->For(threads, [&](std::size_t t) {
    std::vector<std::uint32_t> histogram(1 << 12);
    for (std::size_t repeat = 0; repeat < kRepeats; ++repeat)
      for (std::size_t i = 0; i < kSteps; ++i) histogram[Mix64(i + t) & 0xfff] += std::uint32_t(i);
    sums[t] = histogram[7];
  });
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return std::clamp(seconds / kReferenceSeconds, 0.5, 8.0);
}

}  // namespace tagwerk::search
