// Search, and the ensemble cut down to what the time left can train again.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/experience.h"
#include "app/mlflow_log.h"
#include "app/run_record.h"
#include "app/run_state.h"
#include "base/text.h"
#include "learners/catalog.h"
#include "metrics/metrics.h"

namespace tagwerk::app {

namespace {

/// Share of the budget after which judging and explaining begin; the search leaves time before it for
/// fitting its best models twice: on the training rows, then on all rows.
constexpr double kFittedShare = 0.84;

double RefitSeconds(const RunState& state) {
  std::vector<const search::TrialRecord*> trials;
  for (std::size_t member : state.members) trials.push_back(&state.search.trials[member]);
  return search::MembersSeconds(state.search_input, trials, state.context.pool->threads());
}

void SetBlend(RunState& state) {
  const int outputs = state.goal.task == Task::kRegression ? 1 : int(state.goal.classes.size());
  std::vector<std::span<const double>> scores;
  for (std::size_t member : state.members) scores.emplace_back(state.search.trials[member].oof);
  state.blend.assign(state.search.oof_rows.size() * std::size_t(outputs), 0);
  pipeline::Pipeline::Combine(scores, state.weights, pipeline::Calibration(), outputs, state.blend);
  state.calibration = pipeline::Calibration();
  if (state.goal.task != Task::kRegression)
    state.calibration = pipeline::ChooseCalibration(state.blend, OutOfFoldTruth(state), outputs, state.context.seed,
                                                    &state.search.calibration_evidence,
                                                    state.split.kind == split::Kind::kTime, state.order);
  if (state.goal.task != Task::kRegression) state.calibration.Apply(state.blend, outputs);
}

/// Drops the lightest members until both final fits are expected to end in time.
bool TrimEnsemble(RunState& state, double seconds_for_a_fit) {
  const std::size_t before = state.members.size();
  while (state.members.size() > 1 && RefitSeconds(state) > seconds_for_a_fit) {
    const auto lightest = std::min_element(state.weights.begin(), state.weights.end()) - state.weights.begin();
    state.members.erase(state.members.begin() + lightest);
    state.weights.erase(state.weights.begin() + lightest);
  }
  if (state.members.size() == before) return false;
  const double sum = std::accumulate(state.weights.begin(), state.weights.end(), 0.0);
  for (double& weight : state.weights) weight /= sum;
  for (auto& trial : state.search.trials) trial.ensemble_weight = 0;
  for (std::size_t i = 0; i < state.members.size(); ++i)
    state.search.trials[state.members[i]].ensemble_weight = state.weights[i];
  return true;
}

std::string EnsembleLine(const RunState& state) {
  std::string text = std::to_string(state.members.size()) + (state.members.size() == 1 ? " model" : " models");
  if (state.members.size() > 1) {
    text += ", weights";
    std::vector<double> sorted = state.weights;
    std::sort(sorted.rbegin(), sorted.rend());
    for (std::size_t i = 0; i < sorted.size() && i < 5; ++i)
      text += " " + std::to_string(sorted[i] + 0.005).substr(0, 4);
  }
  if (state.calibration.kind != pipeline::Calibration::Kind::kNone)
    text += "; " + state.calibration.name() + " calibration";
  return text;
}

std::string StopWords(const std::string& reason) {
  if (reason == "budget") return "ended by the budget";
  if (reason == "trials") return "ended by --trials";
  if (reason == "no_more_gain") return "ended: no more gain expected";
  if (reason == "all_tried") return "ended: all tried";
  if (reason == "interrupt") return "ended by Ctrl-C";
  return "ended by the memory limit";
}

std::string SearchLine(const RunState& state) {
  int failed = 0, pruned = 0, searched = 0;
  for (const auto& trial : state.search.trials) {
    searched += !trial.baseline;
    failed += trial.status == "failed";
    pruned += trial.status == "pruned";
  }
  std::string text = std::to_string(searched) + (searched == 1 ? " trial" : " trials");
  if (pruned > 0) text += ", " + std::to_string(pruned) + " pruned";
  if (failed > 0) text += ", " + std::to_string(failed) + " failed";
  return text + "; " + StopWords(state.search.stop_reason);
}

/// Adds the caller's own learners to the catalogue of this run.
Status AddOwn(RunState& state) {
  if (state.request.own.empty()) return Ok();
  TW_TRY(std::vector<model::LearnerDescriptor> own, state.own_slots.Lend(state.request.own));
  state.catalog = learners::AllLearners();
  std::vector<std::string>& allowed = state.search_input.learners;
  if (state.request.only_own) allowed.clear();
  for (model::LearnerDescriptor& learner : own) {
    if (state.request.only_own || !allowed.empty()) allowed.push_back(learner.id);
    state.catalog.push_back(std::move(learner));
  }
  state.search_input.catalog = &state.catalog;
  return Ok();
}

void FillSearchInput(RunState& state) {
  search::SearchInput& input = state.search_input;
  input.table = &state.table();
  input.features = state.profile.features;
  input.split = &state.split;
  input.y = state.y;
  input.weight = state.weight;
  input.task = state.goal.task;
  input.num_classes = int(state.goal.classes.size());
  input.positive = state.goal.positive;
  input.metric = state.metric;
  input.max_trials = state.request.trials;
  input.learners = state.request.learners;
  input.fixed = state.request.fixed;
  input.worth = state.request.worth;
  // However long reading took: there is time for a baseline and a first model.
  const double floor =
      std::max(0.5 * (state.request.budget_seconds - state.Elapsed()), 0.2 * state.request.budget_seconds);
  input.deadline = std::max(state.At(kFittedShare), Clock::now() + ToDuration(floor));
  input.refits = state.request.refit && !state.split.test.empty() ? 2 : 1;
  input.seed = state.context.seed;
  input.journal = state.folder ? state.folder->journal() : nullptr;
}

}  // namespace

std::vector<std::string> OwnMembers(const RunState& state) {
  std::vector<std::string> names;
  for (const pipeline::Member& member : state.final_pipeline.members)
    for (const OwnLearner& own : state.request.own)
      if (own.id == member.learner) names.push_back(own.id);
  return names;
}

std::vector<double> OutOfFoldTruth(const RunState& state) {
  std::vector<double> truth;
  truth.reserve(state.search.oof_rows.size());
  for (table::RowIndex row : state.search.oof_rows) truth.push_back(state.y[row]);
  return truth;
}

Status SearchModels(RunState& state) {
  Phase phase(state, "search");
  FillSearchInput(state);
  TW_RETURN_IF_ERROR(AddOwn(state));
  if (state.recorder != nullptr) {
    const Json meta_features = state.recorder->recording() ? MetaFeatures(state) : Json();
    if (state.recorder->recording()) state.recorder->Remember(meta_features);
    TakeExperience(state, state.recorder->store(), meta_features);
  }
  search::SearchEvents events;
  events.trial_done = [&](const search::TrialRecord& trial) {
    state.observer.TrialDone(trial, *state.metric);
    if (state.mlflow != nullptr) state.mlflow->Trial(trial, *state.metric);
  };
  events.now = [&](const std::string& what) { state.observer.Now(what); };
  TW_TRY(state.search, search::RunSearch(state.context, state.search_input, events));
  phase.Done(SearchLine(state));

  Phase ensemble(state, "ensemble");
  state.members = state.search.ensemble.members;
  state.weights = state.search.ensemble.weights;
  state.blend = state.search.blend;
  state.calibration = state.search.calibration;
  const bool bounded = state.request.trials == 0;
  // The second fit sees more rows: for a fifth more rows boosting takes nearly half as long again.
  const double left = state.context.Stopped() ? 2.0 : state.request.budget_seconds * kFittedShare - state.Elapsed();
  const bool trimmed = bounded && TrimEnsemble(state, left / (state.search_input.refits == 2 ? 2.5 : 1));
  if (trimmed || !state.order.empty()) SetBlend(state);  // the search knows no order of the classes
  ChooseIntervals(state);
  ChooseDecision(state);
  ensemble.Done(EnsembleLine(state));
  return Ok();
}

}  // namespace tagwerk::app
