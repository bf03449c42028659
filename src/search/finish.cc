// Ensemble over the best trials, calibration of the blend, ranks and the outlook.
#include "search/finish.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace tagwerk::search {
namespace {

std::vector<std::size_t> Candidates(const State& state, std::size_t limit) {
  std::vector<std::size_t> out;
  for (std::size_t i : state.ranked()) {
    // A baseline takes part only if nothing is better: in a blend it would but dilute the others.
    if (state.trials()[i].baseline && !out.empty()) continue;
    if (!state.trials()[i].record.oof.empty() && out.size() < limit) out.push_back(i);
  }
  return out;
}

/// Plain averages of the 2, 3, 5 and 8 best trials. They have no weights that could overfit, so one of
/// them may stand where a single model would: averaging lowers the variance of every member (Breiman 1996).
struct Averages {
  std::vector<std::size_t> sizes;
  std::vector<std::vector<double>> scores;
};

Averages MakeAverages(const State& state, const std::vector<std::size_t>& chosen) {
  Averages averages;
  std::vector<double> sum;
  for (std::size_t i = 0; i < std::min<std::size_t>(chosen.size(), 8); ++i) {
    const Trial& trial = state.trials()[chosen[i]];
    if (trial.baseline) break;
    const std::vector<double>& oof = trial.record.oof;
    if (sum.empty()) sum.assign(oof.size(), 0.0);
    for (std::size_t j = 0; j < oof.size(); ++j) sum[j] += oof[j];
    const std::size_t size = i + 1;
    if (size != 2 && size != 3 && size != 5 && size != 8) continue;
    std::vector<double>& mean = averages.scores.emplace_back(sum);
    for (double& value : mean) value /= double(size);
    averages.sizes.push_back(size);
  }
  return averages;
}

/// Greedy selection over single trials and averages; weights of averages go to their members.
ensemble::Ensemble Select(const Context& context, const Problem& problem, const State& state,
                          const std::vector<std::size_t>& chosen) {
  const Averages averages = MakeAverages(state, chosen);
  ensemble::EnsembleInput input;
  input.truth = problem.Truth();
  input.metric = problem.input->metric;
  input.seed = Mix64(problem.input->seed, 0xe45e);
  for (std::size_t i : chosen) input.candidates.push_back(state.trials()[i].record.oof);
  for (const auto& scores : averages.scores) input.candidates.push_back(scores);
  ensemble::Ensemble found = ensemble::GreedySelect(context, input);
  std::vector<double> weights(chosen.size(), 0.0);
  for (std::size_t m = 0; m < found.members.size(); ++m) {
    if (found.members[m] < chosen.size()) {
      weights[found.members[m]] += found.weights[m];
      continue;
    }
    const std::size_t size = averages.sizes[found.members[m] - chosen.size()];
    for (std::size_t i = 0; i < size; ++i) weights[i] += found.weights[m] / double(size);
    if (found.members.size() == 1) found.reason = "the average of the " + std::to_string(size) + " best models";
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return weights[a] > weights[b]; });
  found.members.clear();
  found.weights.clear();
  for (std::size_t i : order) {
    found.members.push_back(chosen[i]);
    found.weights.push_back(weights[i]);
  }
  found.best_single = state.trials()[state.ranked().front()].record.score;
  return found;
}

/// What more time may bring in the main metric. Each doubling of the time brings half of what the last one brought, so
/// that T seconds more, after S, bring T / (S + T) of the gain of the second half.
void ExpectGain(const Problem& problem, const State& state, int threads, SearchResult& result) {
  const metrics::Metric& metric = *problem.input->metric;
  double best = 0, half_best = 0, seconds = 0;
  std::size_t seen = 0;
  bool any = false;
  const std::size_t half = state.search_trials() / 2;
  for (const Trial& trial : state.trials()) {
    if (trial.baseline) continue;
    ++seen;
    seconds += trial.record.fit_seconds / threads;
    if (trial.record.status != "ok") continue;
    if (!any || metrics::Improvement(metric, best, trial.record.score) > 0) best = trial.record.score;
    any = true;
    if (seen <= half) half_best = best;
  }
  if (half == 0 || half_best == 0) return;
  result.expected_gain_limit = std::max(0.0, metrics::Improvement(metric, half_best, best));
  result.expected_gain_per_minute = result.expected_gain_limit * 60 / (std::max(seconds, 1.0) + 60);
}

void Calibrate(const Problem& problem, SearchResult& result) {
  const SearchInput& input = *problem.input;
  if (input.task == Task::kRegression) return;
  result.calibration =
      pipeline::ChooseCalibration(result.blend, problem.truth, problem.outputs, Mix64(input.seed, 0xca11b),
                                  &result.calibration_evidence, input.split->kind == split::Kind::kTime);
}

}  // namespace

std::size_t CandidateLimit(const Context& context, const Problem& problem) {
  constexpr std::size_t kMost = kCandidates - 4;  // the averages take part, too
  if (problem.repeatable()) return kMost;
  // Each candidate costs up to 40 blends of all rows.
  const double cells = double(problem.oof_rows.size()) * problem.outputs;
  const double affordable = context.SecondsLeft() / std::max(1e-9, cells * 40 * 1e-8);
  return std::size_t(std::clamp(affordable, 4.0, double(kMost)));
}

SearchResult FinishSearch(const Context& context, const Problem& problem, State& state, std::size_t candidates) {
  SearchResult result;
  result.oof_rows = problem.oof_rows;
  const std::vector<std::size_t> chosen = Candidates(state, candidates);
  TW_CHECK(!chosen.empty());
  result.ensemble = Select(context, problem, state, chosen);

  std::vector<std::span<const double>> members;
  for (std::size_t m = 0; m < result.ensemble.members.size(); ++m) {
    TrialRecord& record = state.trials()[result.ensemble.members[m]].record;
    record.ensemble_weight = result.ensemble.weights[m];
    members.push_back(record.oof);
  }
  result.blend.resize(problem.oof_rows.size() * std::size_t(problem.outputs));
  pipeline::Pipeline::Combine(members, result.ensemble.weights, {}, problem.outputs, result.blend);
  Calibrate(problem, result);
  if (result.calibration.kind != pipeline::Calibration::Kind::kNone)
    pipeline::Pipeline::Combine(members, result.ensemble.weights, result.calibration, problem.outputs, result.blend);
  int rank = 0;
  for (std::size_t i : state.ranked()) state.trials()[i].record.rank = ++rank;
  result.best_single = state.ranked().front();
  result.best_baseline = state.best_baseline() == State::npos ? result.best_single : state.best_baseline();
  ExpectGain(problem, state, context.pool->threads(), result);
  for (Trial& trial : state.trials()) result.trials.push_back(std::move(trial.record));
  return result;
}

}  // namespace tagwerk::search
