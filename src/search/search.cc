// RunSearch: plan, baselines, then batch after batch until time, trials, configurations or the hope of
// getting better run out. What depended on the clock is journalled before it is done, so that --resume
// takes the same way again.
#include "search/search.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "search/cost_model.h"
#include "search/finish.h"
#include "search/planner.h"
#include "search/refit.h"
#include "search/runner.h"

namespace tagwerk::search {
namespace {

constexpr double kBaselineCells = 1e6;     // rows x columns that the baselines are taught on
constexpr double kFirstTrialShare = 0.08;  // of the time: what one trial may take at the start
constexpr double kLevelShares[] = {0.25, 0.0625, 0.0156};
constexpr double kWorthwhileShare = 0.4;  // of the cost of a fit on all rows: what one on fewer may cost

double SecondsUntil(TimePoint point) {
  if (point == TimePoint::max()) return 1e18;
  return std::chrono::duration<double>(point - Clock::now()).count();
}

TimePoint Before(TimePoint point, double seconds) {
  if (point == TimePoint::max()) return point;
  return point - ToDuration(seconds);
}

/// The first boosting configuration, or whatever the short list begins with: the measure of cost.
const Configuration* Typical(const std::vector<Configuration>& portfolio) {
  for (const Configuration& configuration : portfolio)
    if (configuration.learner->capabilities.iterative) return &configuration;
  return portfolio.empty() ? nullptr : &portfolio.front();
}

/// Uses all folds if a typical trial then takes a small part of the time; else fewer, else one fold and
/// a part of the rows to begin with.
Plan MakePlan(const SearchInput& input, double seconds, int threads, double slowness) {
  Plan plan;
  plan.folds = input.split->folds.size();
  const Problem all = MakeProblem(input, plan.folds);
  const double cells = double(all.train_rows) * double(std::max<std::size_t>(1, all.cols()));
  plan.baseline_share = cells > kBaselineCells ? kBaselineCells / cells : 1;
  const auto portfolio = Portfolio(all);
  const Configuration* typical = Typical(portfolio);
  if (typical == nullptr || seconds > 1e17) return plan;
  const CostModel cost(all, threads, slowness);
  const double one = cost.FitSeconds(*typical);
  if (input.max_trials > 0) {
    // Repeatable unless the time surely binds; then at least not by every millisecond of it.
    const double estimate = one * double(plan.folds) * std::min(input.max_trials, 20) / threads;
    if (estimate < 3 * seconds) return plan;
    seconds = std::exp2(std::floor(std::log2(std::max(seconds, 0.1))));
  }
  const double slot = std::max(0.2, kFirstTrialShare * seconds) * threads;
  const double folds = std::floor(slot / one);
  if (folds >= double(plan.folds)) return plan;
  // Under drift one stretch of time tells of itself only: fewer rows rather than fewer folds.
  const bool by_time = input.split->kind == split::Kind::kTime;
  const double least = by_time ? double(std::min<std::size_t>(3, plan.folds)) : 1;
  plan.folds = std::size_t(std::clamp(folds, least, double(plan.folds)));
  // Too few validation rows decide nothing: 2,000 are worth a slower search.
  while (plan.folds < input.split->folds.size() && MakeProblem(input, plan.folds).oof_rows.size() < 2000) ++plan.folds;
  if (folds >= least) return plan;
  for (double share : kLevelShares) {
    const double rows = double(all.train_rows) * share, fewer = cost.FitSecondsOn(*typical, rows);
    // Many classes on few rows: the trees cost what their leaves cost, however few rows are in them.
    if (rows < 2000 || fewer > kWorthwhileShare * one) break;
    plan.share = share;
    if (fewer * least <= slot) break;
  }
  return plan;
}

class Search {
 public:
  Search(const Context& context, const SearchInput& input, const SearchEvents& events)
      : context_(context), input_(input), events_(events), replay_(input.journal) {
    deadline_ = std::min(context.deadline, input.deadline);
    total_seconds_ = SecondsUntil(deadline_);
  }

  Result<SearchResult> Run();

 private:
  Status Baselines(const Plan& plan);
  Status BaselinesOn(double share, int step, bool* out_of_memory);
  Status Batches(const Plan& plan);
  Result<bool> NextBatch(Planner& planner, int step);
  Status RunBatch(Decision& decision);
  bool NoMoreGain(const Planner& planner);
  bool MemoryShort();
  double EnsembleSeconds() const;
  double RefitReserve() const;
  TimePoint FitDeadline() const;
  double FitSeconds(const Context& context, std::size_t trials) const;
  Error NoModel() const;

  Context context_;
  const SearchInput& input_;
  const SearchEvents& events_;
  Replay replay_;
  TimePoint deadline_;
  double total_seconds_ = 0;
  std::optional<Problem> problem_;
  std::optional<FoldStore> store_;
  std::optional<CostModel> cost_;
  std::optional<State> state_;
  int next_trial_ = 1, memory_faults_ = 0;  // faults: trials that found no room
  std::optional<Error> memory_error_;
  double search_start_ = 0;
  std::optional<std::size_t> tuned_from_;  ///< trials when the short list was through
  std::string stop_;
};

Result<SearchResult> Search::Run() {
  TW_CHECK(input_.table != nullptr && input_.split != nullptr && input_.metric != nullptr);
  TW_CHECK(!input_.split->folds.empty());
  // With a trial limit nothing depends on measured time unless it runs out.
  const bool timed = input_.max_trials == 0 && total_seconds_ < 1e17;
  const double slowness = timed ? MeasureSlowness(context_) : 1;
  Plan plan;
  if (auto known = replay_.plan()) {
    plan = *known;
  } else {
    plan = MakePlan(input_, total_seconds_, context_.pool->threads(), slowness);
    TW_RETURN_IF_ERROR(replay_.Write(plan));
  }
  problem_ = MakeProblem(input_, plan.folds);
  store_.emplace(*problem_);
  cost_.emplace(*problem_, context_.pool->threads(), slowness);
  state_.emplace(*problem_);
  TW_RETURN_IF_ERROR(Baselines(plan));
  TW_RETURN_IF_ERROR(Batches(plan));
  if (state_->ranked().empty()) return NoModel();
  store_.reset();
  // An interrupt ends the search, not the few moments that turn it into a result.
  Context last = context_;
  last.stop = nullptr;
  last.deadline = stop_ == "interrupt" ? std::min(deadline_, Clock::now() + std::chrono::seconds(2)) : deadline_;
  const std::size_t trials = state_->trials().size();
  const std::size_t candidates = replay_.Candidates(trials).value_or(CandidateLimit(last, *problem_));
  TW_RETURN_IF_ERROR(replay_.WriteCandidates(trials, candidates));
  if (last.deadline != TimePoint::max()) last.deadline += std::chrono::milliseconds(300);
  SearchResult result = FinishSearch(last, *problem_, *state_, candidates);
  result.stop_reason = stop_;
  return result;
}

Status Search::Baselines(const Plan& plan) {
  double share = plan.baseline_share;
  for (int attempt = 0;; ++attempt, share = std::max(share / 5, 1e-6)) {
    bool out_of_memory = false;
    TW_RETURN_IF_ERROR(BaselinesOn(share, -attempt, &out_of_memory));
    // Without memory for a baseline on these rows: fewer rows, as long as they can teach anything.
    if (!out_of_memory || state_->best_baseline() != State::npos) return Ok();
    if (double(problem_->train_rows) * share < 5000) return Ok();
    store_->Release();
  }
}

Status Search::BaselinesOn(double share, int step, bool* out_of_memory) {
  Decision decision;
  decision.step = step;
  if (auto known = replay_.Find(*problem_, step)) {
    decision = std::move(*known);
  } else {
    for (Configuration& configuration : search::Baselines(*problem_)) {
      configuration.share = share;
      Trial trial;
      trial.id = next_trial_ + int(decision.batch.size());
      trial.baseline = true;
      trial.configuration = std::move(configuration);
      decision.batch.push_back(std::move(trial));
    }
    if (decision.batch.empty()) return Ok();
    TW_RETURN_IF_ERROR(replay_.Write(decision, SecondsUntil(deadline_)));
  }
  const int faults = memory_faults_;
  TW_RETURN_IF_ERROR(RunBatch(decision));
  *out_of_memory = memory_faults_ > faults;
  // The best baseline is known only now.
  if (state_->best_baseline() != State::npos) {
    const Scorecard& best = state_->trials()[state_->best_baseline()].card;
    for (Trial& trial : state_->trials())
      if (trial.record.status == "ok") CompareWithBaseline(*problem_, best, trial.card, trial.record);
  }
  return Ok();
}

Status Search::RunBatch(Decision& decision) {
  Runner runner(*problem_, *store_, replay_, events_);
  Context own = context_.Until(FitDeadline());
  TW_RETURN_IF_ERROR(runner.Run(own, *state_, decision.batch, FitSeconds(own, decision.batch.size())));
  for (Trial& trial : decision.batch) {
    next_trial_ = std::max(next_trial_, trial.id + 1);
    for (const FoldOutcome& outcome : trial.outcomes)
      if (outcome.out_of_memory) {
        ++memory_faults_;
        memory_error_ = outcome.out_of_memory;
        break;
      }
    cost_->Observe(trial.configuration, trial.record);
    state_->Add(std::move(trial));
  }
  return Ok();
}

Status Search::Batches(const Plan& plan) {
  Planner planner(*problem_, plan.share);
  if (memory_faults_ > 0) planner.StayBelow(state_->trials().back().configuration.share * 1.01);
  memory_faults_ = 0;
  search_start_ = total_seconds_ - SecondsUntil(deadline_);
  for (int step = 1;; ++step) {
    const bool enough = input_.max_trials > 0 && int(state_->search_trials()) >= input_.max_trials;
    if (enough) stop_ = "trials";
    if (context_.Stopped()) stop_ = "interrupt";
    if (stop_.empty() && SecondsUntil(deadline_) <= EnsembleSeconds() + RefitReserve()) stop_ = "budget";
    if (stop_.empty() && MemoryShort()) stop_ = "memory";
    if (stop_.empty() && NoMoreGain(planner)) stop_ = "no_more_gain";
    if (!stop_.empty()) return Ok();
    TW_TRY(const bool more, NextBatch(planner, step));
    if (!more) return Ok();
  }
}

/// Runs the next batch; false when there is nothing to run (stop_ says why).
Result<bool> Search::NextBatch(Planner& planner, int step) {
  Decision decision;
  decision.step = step;
  if (auto known = replay_.Find(*problem_, step)) {
    decision = std::move(*known);
  } else {
    const double left = SecondsUntil(deadline_) - EnsembleSeconds();
    const double reserve = RefitReserve();
    double planned = reserve;
    const auto affordable = [&](const Configuration& configuration) {
      const double refit = input_.refits * cost_->RefitSeconds(configuration);
      const double need = cost_->TrialSeconds(configuration) + std::max(0.0, refit - reserve);
      // Members of one batch share the threads; with one fold each they run side by side.
      // The first one is tried in any case: the estimate may be far off, boosting cut by the deadline
      // still is a model, and without it there are the baselines only.
      const bool first = planned == reserve && state_->search_trials() == 0;
      // With a trial limit an estimate that is only too high must not change what is tried.
      const double doubt = problem_->repeatable() ? 4 : 1;
      // Another try on few rows must leave the time to try the best of them on more.
      double promotion = 0;
      if (const auto next = planner.Promotion(*state_, configuration.share)) promotion = cost_->TrialSeconds(*next);
      if (planned + promotion > left) promotion = 0;
      if (planned + need + promotion > doubt * left && !first) return false;
      planned += problem_->folds == 1 ? 0 : need;
      return true;
    };
    // The same number for every number of threads: results of a batch decide the next one.
    std::size_t count = 2;
    if (input_.max_trials > 0) count = std::min(count, std::size_t(input_.max_trials) - state_->search_trials());
    bool skipped = false;
    auto chosen = planner.Next(*state_, count, affordable, &skipped);
    if (chosen.empty()) {
      const auto& trials = state_->trials();
      const bool cut = std::any_of(trials.begin(), trials.end(),
                                   [](const Trial& trial) { return trial.record.status == "stopped"; });
      stop_ = skipped || cut ? "budget" : "all_tried";
      return false;
    }
    for (Configuration& configuration : chosen) {
      Trial trial;
      trial.id = next_trial_ + int(decision.batch.size());
      trial.configuration = std::move(configuration);
      decision.batch.push_back(std::move(trial));
    }
    TW_RETURN_IF_ERROR(replay_.Write(decision, left));
  }
  const int faults = memory_faults_;
  const double share = decision.batch.front().configuration.share;
  TW_RETURN_IF_ERROR(RunBatch(decision));
  if (memory_faults_ > faults) planner.StayBelow(share);
  return true;
}

/// Time for the ensemble and the calibration.
double Search::EnsembleSeconds() const {
  if (deadline_ == TimePoint::max()) return 0;
  const double cells = double(problem_->oof_rows.size()) * problem_->outputs;
  return std::clamp(cells * 40 * 10 * 1e-8, 0.02, 0.06 * total_seconds_);
}

/// Time for fitting the members again that the ensemble would have now.
double Search::RefitReserve() const {
  if (deadline_ == TimePoint::max() || input_.refits == 0) return 0;
  const double refit = input_.refits * RefitSeconds(*problem_, *state_, context_.pool->threads());
  return std::min(refit, 0.5 * total_seconds_);
}

/// When the fits of a batch must end. A fit that takes all the time there is leaves none for fitting the
/// same again on all rows: what is left is divided between both.
TimePoint Search::FitDeadline() const {
  if (deadline_ == TimePoint::max()) return deadline_;
  const double left = SecondsUntil(deadline_) - EnsembleSeconds();
  const double rounds = std::max(1.0, double(problem_->folds) / context_.pool->threads());
  const double growth = double(input_.split->train.size()) / std::max<double>(1, double(problem_->train_rows));
  const double most = left / (1 + input_.refits * growth / rounds);
  return Before(deadline_, EnsembleSeconds() + std::max(RefitReserve(), left - most));
}

/// Most seconds of one fit, so that all folds of the batch get their turn before the deadline.
double Search::FitSeconds(const Context& context, std::size_t trials) const {
  const double left = context.SecondsLeft();
  if (problem_->repeatable() || left > 1e17) return 1e18;
  const double rounds = std::ceil(double(trials * problem_->folds) / context.pool->threads());
  return std::max(0.02, 0.9 * left / std::max(1.0, rounds));
}

/// One-step lookahead: the mean gain of the last trials, spent on the trials of a tenth of the budget.
/// Gains that fall make stopping at the first unpromising moment optimal (algorithms 2.7).
bool Search::NoMoreGain(const Planner& planner) {
  if (problem_->repeatable() || total_seconds_ > 1e17 || !planner.PortfolioDone(*state_)) return false;
  constexpr std::size_t kWindow = 10;
  const auto& gains = state_->gains();
  // Late members of the short list differ from the best by design: only steps from the best tell whether more of them
  // pay.
  if (!tuned_from_) tuned_from_ = gains.size();
  if (gains.size() < *tuned_from_ + kWindow) return false;
  double sum = 0;
  for (std::size_t i = gains.size() - kWindow; i < gains.size(); ++i) sum += gains[i];
  const double spent = std::max(1e-3, total_seconds_ - SecondsUntil(deadline_) - search_start_);
  const double trials = std::max(1.0, 0.1 * total_seconds_ * double(gains.size()) / spent);
  // The tail of the gains is geometric: n more trials bring at most about kWindow times their mean.
  return sum / kWindow * std::min(trials, double(kWindow)) < input_.worth;
}

bool Search::MemoryShort() {
  if (memory_faults_ >= 4) return true;
  if (context_.memory_limit == 0) return false;
  const auto above = [&](double share) { return double(ResidentBytes()) > share * double(context_.memory_limit); };
  if (!above(0.85)) return false;
  store_->Release();
  return above(0.95);
}

Error Search::NoModel() const {
  if (context_.Stopped()) return Error(Code::kCancelled, "interrupted", "stopped before any model was fitted");
  const std::string rows =
      Count(std::int64_t(problem_->train_rows)) + " rows x " + Count(std::int64_t(input_.features.size())) + " columns";
  const Trial* failed = nullptr;
  for (const Trial& trial : state_->trials())
    if (failed == nullptr && trial.record.status == "failed") failed = &trial;
  if (memory_error_) return *memory_error_;
  if (failed == nullptr || SecondsUntil(deadline_) <= 0) {
    return Error(Code::kResourceExhausted, "budget-too-small", "the budget is not enough to fit a baseline")
        .In(rows)
        .Do("a larger --budget");
  }
  return Error(Code::kFailedPrecondition, "no-model",
               "every learner failed, first " + failed->record.learner + ": " + failed->record.error)
      .In(rows);
}

}  // namespace

Result<SearchResult> RunSearch(const Context& context, const SearchInput& input, const SearchEvents& events) {
  return Search(context, input, events).Run();
}

}  // namespace tagwerk::search
