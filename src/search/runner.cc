// Batches of trials on the pool: race folds first, then the others.
#include "search/runner.h"

#include <algorithm>

namespace tagwerk::search {
namespace {

/// Folds that are fitted before the race: enough rows to compare, few enough to save time.
std::size_t RaceFolds(std::size_t folds) { return folds >= 5 ? 2 : folds >= 2 ? 1 : 0; }

}  // namespace

Status Runner::Run(const Context& context, const State& state, std::vector<Trial>& batch, double fit_seconds) {
  fit_seconds_ = fit_seconds;
  std::vector<Running> running(batch.size());
  bool race = false;
  for (std::size_t t = 0; t < batch.size(); ++t) {
    Trial& trial = batch[t];
    running[t].restored = replay_->Restore(*problem_, trial);
    if (running[t].restored) {
      if (state.best_baseline() != State::npos && trial.record.status == "ok")
        CompareWithBaseline(*problem_, state.trials()[state.best_baseline()].card, trial.card, trial.record);
      if (events_->trial_done) events_->trial_done(trial.record);
      continue;
    }
    trial.outcomes.resize(problem_->folds);
    running[t].left = problem_->folds;
    race |= !trial.baseline;
  }
  const std::size_t first = race ? RaceFolds(problem_->folds) : 0;
  FitFolds(context, state, batch, running, 0, first);
  for (std::size_t t = 0; t < batch.size(); ++t) {
    if (running[t].restored || running[t].broken || running[t].left == 0) continue;
    Trial& trial = batch[t];
    if (first == 0 || trial.baseline || WorthFinishing(*problem_, state, trial, first)) continue;
    trial.pruned = true;
    running[t].broken = true;
    Finish(state, trial);
  }
  FitFolds(context, state, batch, running, first, problem_->folds);
  if (fault_) return *fault_;
  return Ok();
}

void Runner::FitFolds(const Context& context, const State& state, std::vector<Trial>& batch,
                      std::vector<Running>& running, std::size_t first, std::size_t last) {
  const std::size_t width = last - first;
  context.pool->For(batch.size() * width, [&](std::size_t task) {
    const std::size_t t = task / width, fold = first + task % width;
    if (running[t].restored) return;
    Trial& trial = batch[t];
    if (running[t].broken) {
      // An earlier fold failed or the race is lost: nothing more is fitted.
    } else {
      Now(trial, fold);
      trial.outcomes[fold] = FitFold(context, *problem_, *store_, trial, fold, fit_seconds_);
      if (!trial.outcomes[fold].ok) running[t].broken = true;
    }
    if (running[t].left.fetch_sub(1) == 1 && !trial.pruned) Finish(state, trial);
  });
}

void Runner::Finish(const State& state, Trial& trial) {
  Conclude(*problem_, trial);
  TrialRecord& record = trial.record;
  if (state.best_baseline() != State::npos && record.status == "ok")
    CompareWithBaseline(*problem_, state.trials()[state.best_baseline()].card, trial.card, record);
  std::lock_guard guard(mutex_);
  // A stopped trial is not finished: --resume fits it again.
  if (record.status != "stopped" && !fault_) {
    const bool with_scores = trial.baseline || state.Contends(record.score);
    if (auto status = replay_->Write(*problem_, trial, with_scores); !status) fault_ = status.error();
  }
  if (events_->trial_done) events_->trial_done(record);
}

void Runner::Now(const Trial& trial, std::size_t fold) {
  if (!events_->now) return;
  std::string text = trial.configuration.Title();
  if (const auto gap = text.find("  "); gap != std::string::npos) text.erase(gap, 1);
  if (problem_->folds > 1) text += ", fold " + std::to_string(fold + 1) + " of " + std::to_string(problem_->folds);
  std::lock_guard guard(mutex_);
  events_->now(text);
}

}  // namespace tagwerk::search
