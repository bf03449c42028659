// Ranking, running blend and race between batches.
#include "search/state.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::search {
namespace {

constexpr double kBlendSteps[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0};
constexpr double kRaceSteps[] = {0.1, 0.2, 0.3};
constexpr double kRaceGain = 2e-4;  // relative; below it is noise
constexpr double kRaceZ = 1.0;

/// Weighted mean loss of (1 - w) a + w b.
double MixedLoss(const Problem& problem, const std::vector<double>& a, const std::vector<double>& b, double w) {
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double value = w >= 1 ? b[i] : (1 - w) * a[i] + w * b[i];
    const double weight = problem.weight.empty() ? 1 : problem.weight[i];
    sum += weight * TrueLoss(problem, value, problem.truth[i]);
    total += weight;
  }
  return total > 0 ? sum / total : 0;
}

/// Whether a trial's mean score over its first folds is above another's on the same.
bool LeadsOn(const Problem& problem, const Trial& trial, const Trial& other, std::size_t folds) {
  const std::vector<double>& scores = other.record.fold_scores;
  if (scores.size() < folds) return true;
  double lead = 0;
  for (std::size_t f = 0; f < folds; ++f)
    lead += metrics::Improvement(*problem.input->metric, scores[f], trial.outcomes[f].fold_score);
  return lead > 0;
}

}  // namespace

double TrueLoss(const Problem& problem, double value, double truth) {
  if (problem.input->task == Task::kRegression) return (value - truth) * (value - truth);
  return -std::log(std::max(value, 1e-15));
}

std::vector<double> TrueScores(const Problem& problem, const std::vector<double>& oof) {
  if (problem.input->task == Task::kRegression) return oof;
  std::vector<double> out(problem.truth.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = oof[i * std::size_t(problem.outputs) + std::size_t(problem.truth[i])];
  return out;
}

void State::Add(Trial trial) {
  const std::uint64_t key = trial.configuration.Key();
  keys_.insert(std::upper_bound(keys_.begin(), keys_.end(), key), key);
  const bool baseline = trial.baseline;
  if (!baseline) ++search_trials_;
  trial.outcomes.clear();
  trials_.push_back(std::move(trial));
  weights_.push_back(0);
  const std::size_t index = trials_.size() - 1;
  const double before = blend_loss_;
  const bool ok = trials_[index].record.status == "ok";
  if (ok) {
    // A trial that cannot enter the ensemble is journalled without scores: a replay must do without.
    const bool kept = baseline || Contends(trials_[index].record.score);
    if (kept && !trials_[index].record.oof.empty()) UpdateBlend(index);
    Rank(index);
  }
  if (!baseline) gains_.push_back(before > 0 ? std::max(0.0, (before - blend_loss_) / before) : 0.0);
}

void State::Rank(std::size_t index) {
  const metrics::Metric& metric = *problem_->input->metric;
  const auto better = [&](std::size_t a, std::size_t b) {
    const double gain = metrics::Improvement(metric, trials_[b].record.score, trials_[a].record.score);
    return gain > 0 || (gain == 0 && a < b);
  };
  ranked_.insert(std::upper_bound(ranked_.begin(), ranked_.end(), index, better), index);
  if (trials_[index].baseline && (best_baseline_ == npos || better(index, best_baseline_))) best_baseline_ = index;
  for (std::size_t r = kCandidates; r < ranked_.size(); ++r) {
    Trial& loser = trials_[ranked_[r]];
    if (!loser.baseline) std::vector<double>().swap(loser.record.oof);
  }
}

bool State::Contends(double score) const {
  if (ranked_.size() < kCandidates) return true;
  const double last = trials_[ranked_[kCandidates - 1]].record.score;
  return metrics::Improvement(*problem_->input->metric, last, score) > 0;
}

bool State::Tried(const Configuration& configuration) const {
  return std::binary_search(keys_.begin(), keys_.end(), configuration.Key());
}

void State::UpdateBlend(std::size_t index) {
  const std::vector<double> own = TrueScores(*problem_, trials_[index].record.oof);
  if (blend_.empty()) {
    blend_ = own;
    weights_[index] = 1;
    blend_loss_ = MixedLoss(*problem_, blend_, own, 1);
    return;
  }
  double best = blend_loss_, best_w = 0;
  for (double w : kBlendSteps) {
    const double loss = MixedLoss(*problem_, blend_, own, w);
    if (loss < best) best = loss, best_w = w;
  }
  if (best_w == 0) return;
  for (std::size_t i = 0; i < own.size(); ++i) blend_[i] = (1 - best_w) * blend_[i] + best_w * own[i];
  for (double& weight : weights_) weight *= 1 - best_w;
  weights_[index] = best_w;
  blend_loss_ = best;
}

std::vector<std::pair<std::size_t, double>> State::members() const {
  std::vector<std::pair<std::size_t, double>> out;
  for (std::size_t i = 0; i < weights_.size(); ++i)
    if (weights_[i] > 0.02) out.emplace_back(i, weights_[i]);
  return out;
}

bool WorthFinishing(const Problem& problem, const State& state, const Trial& trial, std::size_t folds) {
  if (state.blend().empty() || state.ranked().empty()) return true;
  const Trial& best = state.trials()[state.ranked().front()];
  if (best.record.oof.empty() || LeadsOn(problem, trial, best, folds)) return true;
  const std::size_t k = std::size_t(problem.outputs);
  double blend_loss = 0, mixed[std::size(kRaceSteps)] = {}, sum = 0, squares = 0, count = 0;
  for (std::size_t f = 0; f < folds; ++f) {
    const auto& positions = problem.positions[f];
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const std::size_t row = positions[i];
      const double truth = problem.truth[row];
      const std::size_t own = problem.input->task == Task::kRegression ? 0 : std::size_t(truth);
      const double value = trial.outcomes[f].scores[i * k + own];
      const double weight = problem.weight.empty() ? 1 : problem.weight[row];
      blend_loss += weight * TrueLoss(problem, state.blend()[row], truth);
      for (std::size_t s = 0; s < std::size(kRaceSteps); ++s)
        mixed[s] +=
            weight * TrueLoss(problem, state.blend()[row] + kRaceSteps[s] * (value - state.blend()[row]), truth);
      const double d =
          weight * (TrueLoss(problem, value, truth) - TrueLoss(problem, best.record.oof[row * k + own], truth));
      sum += d, squares += d * d, count += 1;
    }
  }
  for (double loss : mixed)
    if (loss < blend_loss * (1 - kRaceGain)) return true;
  if (count < 2) return true;
  const double mean = sum / count;
  const double error = std::sqrt(std::max(0.0, squares / count - mean * mean) / (count - 1));
  return mean <= kRaceZ * error;
}

}  // namespace tagwerk::search
