// Levels of rows, portfolio order and the local search around the best configurations.
// Local search after FLOW2 (Wu, Wang, Huang 2021): a random direction in the normalised space, the same
// step backwards next, steps that shrink while nothing gets better.
#include "search/planner.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace tagwerk::search {
namespace {

constexpr double kLevelFactor = 4;      // rows grow by this from level to level
constexpr std::size_t kFirstLevel = 3;  // portfolio members tried on the fewest rows
constexpr std::size_t kPromoted = 2;    // of them tried on the next level
constexpr int kMoveAttempts = 30;

bool Tuned(const model::ParameterSpec& spec) { return spec.tune_low < spec.tune_high; }

double ToUnitScale(const model::ParameterSpec& spec, double value) {
  value = std::clamp(value, spec.tune_low, spec.tune_high);
  if (spec.log_scale && spec.tune_low > 0)
    return std::log(value / spec.tune_low) / std::log(spec.tune_high / spec.tune_low);
  return (value - spec.tune_low) / (spec.tune_high - spec.tune_low);
}

double FromUnitScale(const model::ParameterSpec& spec, double z) {
  z = std::clamp(z, 0.0, 1.0);
  double value = spec.log_scale && spec.tune_low > 0 ? spec.tune_low * std::pow(spec.tune_high / spec.tune_low, z)
                                                     : spec.tune_low + z * (spec.tune_high - spec.tune_low);
  if (spec.type != model::ParameterType::kReal) return std::round(value);
  // Three digits: enough to search, short in the report.
  const double unit = value == 0 ? 1 : std::pow(10, std::floor(std::log10(std::abs(value))) - 2);
  return std::round(value / unit) * unit;
}

}  // namespace

Planner::Planner(const Problem& problem, double share) : problem_(&problem), portfolio_(Portfolio(problem)) {
  while (share < 0.7) {
    levels_.push_back(share);
    share *= kLevelFactor;
  }
  levels_.push_back(1);
}

void Planner::StayBelow(double share) {
  std::erase_if(levels_, [&](double level) { return level >= share; });
  if (levels_.empty()) levels_.push_back(share / kLevelFactor);
}

std::vector<std::size_t> Planner::BestOf(const State& state, double share) const {
  std::vector<std::size_t> out;
  for (std::size_t i : state.ranked())
    if (!state.trials()[i].baseline && state.trials()[i].configuration.share == share) out.push_back(i);
  return out;
}

std::size_t Planner::TriedAt(const State& state, double share) const {
  return std::size_t(std::count_if(state.trials().begin(), state.trials().end(), [&](const Trial& trial) {
    return !trial.baseline && trial.configuration.share == share;
  }));
}

bool Planner::PortfolioDone(const State& state) const {
  return std::all_of(portfolio_.begin(), portfolio_.end(), [&](Configuration configuration) {
    configuration.share = levels_.back();
    return state.Tried(configuration);
  });
}

std::vector<Configuration> Planner::LevelCandidates(const State& state, std::size_t level) const {
  std::vector<Configuration> out;
  const bool last = level + 1 == levels_.size();
  const std::size_t quota = level == 0 ? kFirstLevel : kPromoted;
  const std::size_t tried = TriedAt(state, levels_[level]);
  if (!last && tried >= quota) return out;
  std::vector<std::string> weak;  // learners whose member lost on fewer rows come later
  if (level > 0) {
    const auto best = BestOf(state, levels_[level - 1]);
    for (std::size_t i = 0; i < std::min(best.size(), kPromoted); ++i)
      out.push_back(state.trials()[best[i]].configuration);
  }
  if (level == 0 || last) {
    std::vector<Configuration> later;
    for (const Configuration& member : portfolio_) {
      Configuration below = member;
      below.share = level > 0 ? levels_[level - 1] : 2;
      (level > 0 && state.Tried(below) ? later : out).push_back(member);
    }
    out.insert(out.end(), later.begin(), later.end());
  }
  std::vector<Configuration> fresh;
  for (Configuration& configuration : out) {
    configuration.share = levels_[level];
    const auto same = [&](const Configuration& other) { return other.Key() == configuration.Key(); };
    if (!state.Tried(configuration) && std::none_of(fresh.begin(), fresh.end(), same)) fresh.push_back(configuration);
  }
  if (!last && fresh.size() > quota - tried) fresh.resize(quota - tried);
  return fresh;
}

std::optional<Configuration> Planner::Promotion(const State& state, double share) const {
  const auto level = std::find(levels_.begin(), levels_.end(), share);
  if (level == levels_.end() || level + 1 == levels_.end()) return std::nullopt;
  const auto best = BestOf(state, share);
  if (best.empty()) return std::nullopt;
  Configuration promoted = state.trials()[best.front()].configuration;
  promoted.share = *(level + 1);
  return promoted;
}

std::vector<Configuration> Planner::Next(const State& state, std::size_t count, const Affordable& affordable,
                                         bool* skipped) const {
  std::vector<Configuration> out;
  *skipped = false;
  for (std::size_t level = 0; level < levels_.size() && out.size() < count; ++level) {
    for (const Configuration& configuration : LevelCandidates(state, level)) {
      if (out.size() == count) break;
      if (affordable(configuration)) {
        out.push_back(configuration);
      } else {
        *skipped = true;
      }
    }
    if (!out.empty()) return out;  // a level is decided by the results of the one below
  }
  for (std::size_t i = 0; out.size() < count && i < count; ++i) {
    Configuration configuration;
    if (!LocalMove(state, state.trials().size() + i, configuration)) break;
    const auto same = [&](const Configuration& other) { return other.Key() == configuration.Key(); };
    if (std::any_of(out.begin(), out.end(), same)) continue;
    if (affordable(configuration)) {
      out.push_back(configuration);
    } else {
      *skipped = true;
    }
  }
  return out;
}

/// Makes the `number`-th step: moves with even and odd numbers go in opposite directions.
bool Planner::LocalMove(const State& state, std::size_t number, Configuration& out) const {
  // Around the best configurations, on as many rows as the best one saw: all are scored on the same rows.
  std::vector<std::size_t> bases;
  for (std::size_t best : state.ranked()) {
    if (state.trials()[best].baseline) continue;
    for (std::size_t i : BestOf(state, state.trials()[best].configuration.share)) {
      const auto& specs = state.trials()[i].configuration.learner->parameters;
      if (std::any_of(specs.begin(), specs.end(), Tuned)) bases.push_back(i);
    }
    if (!bases.empty()) break;
  }
  if (bases.empty()) return false;
  std::size_t fails = 0;
  for (auto gain = state.gains().rbegin(); gain != state.gains().rend() && *gain < 1e-4; ++gain) ++fails;
  const double step = std::max(0.06, 0.25 * std::pow(0.9, double(fails)));
  for (int attempt = 0; attempt < kMoveAttempts; ++attempt) {
    Random random(Mix64(problem_->input->seed, 0x10ca1 + number / 2, std::uint64_t(attempt)));
    const double pick = random.Uniform();
    std::size_t chosen = pick < 0.55 ? 0 : pick < 0.75 ? 1 : pick < 0.85 ? 2 : bases.size();
    if (chosen == bases.size()) {  // the best of another learner keeps the ensemble diverse
      const auto* top = state.trials()[bases[0]].configuration.learner;
      chosen = 0;
      while (chosen + 1 < bases.size() && state.trials()[bases[chosen]].configuration.learner == top) ++chosen;
    }
    chosen = std::min(chosen, bases.size() - 1);
    out = state.trials()[bases[chosen]].configuration;
    const double sign = number % 2 == 0 ? 1 : -1;
    for (const auto& spec : out.learner->parameters) {
      if (!Tuned(spec)) continue;
      const double direction = random.Normal();
      const bool moves = random.Uniform() < 0.6;
      const double flip = random.Uniform();
      if (!moves) continue;
      const double value = out.parameters.Get(out.learner->parameters, spec.name);
      if (spec.type == model::ParameterType::kBoolean) {
        if (flip < 0.25) out.parameters.Set(spec.name, value == 0 ? 1 : 0);
        continue;
      }
      if (spec.type == model::ParameterType::kChoice) {  // names have no order to move along
        const double choices = spec.tune_high - spec.tune_low + 1;
        if (flip < 0.25) out.parameters.Set(spec.name, spec.tune_low + std::floor(flip * 4 * choices));
        continue;
      }
      out.parameters.Set(spec.name,
                         FromUnitScale(spec, ToUnitScale(spec, value) + sign * step * (1 + 0.2 * attempt) * direction));
    }
    Settle(*problem_, out);
    if (!state.Tried(out)) return true;
  }
  return false;
}

}  // namespace tagwerk::search
