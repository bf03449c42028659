// What one run holds while it goes from phase to phase; internal to app/run*.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/gate.h"
#include "app/run.h"
#include "app/run_folder.h"
#include "evaluate/decision.h"
#include "evaluate/evaluate.h"
#include "evaluate/level_map.h"
#include "pipeline/pipeline.h"
#include "profile/profile.h"
#include "search/search.h"
#include "split/split.h"

namespace tagwerk::app {

class MlflowLog;
class RunRecorder;

struct PhaseTime {
  std::string phase;
  double seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
};

/// Intervals (regression) or prediction sets (classification), chosen on out-of-fold predictions.
struct Intervals {
  std::string kind;  ///< of evaluate::IntervalChoice
  Json evidence;     ///< mean interval score by kind
  std::vector<double> residuals, errors, scaled_errors;
  std::optional<pipeline::Member> spread, spread_below;
  double spread_floor = 0;
  /// From out-of-fold errors to those of models fitted on all training rows, and on all rows: logarithm
  /// of the ratio of their sizes (regression).
  double move_train = 0, move_all = 0;
  Json growth;  ///< what the moves come from; null when not measured
  std::vector<std::vector<double>> class_scores;
  bool tied = false;          ///< the scores are those of small trees: held-out rows say nothing about the next tree
  evaluate::LevelMap levels;  ///< from held-out rows, for the final models
};

struct RunState {
  RunState(const Context& base, const RunRequest& wish, RunObserver& watcher)
      : context(base), request(wish), observer(watcher) {}

  Context context;  ///< deadline = end of the budget
  const RunRequest& request;
  TimePoint started = request.started;  ///< earlier by what earlier sessions of a resumed run used
  RunObserver& observer;
  std::unique_ptr<RunFolder> folder;  ///< null when nothing is written
  std::vector<PhaseTime> phases;
  std::string interrupted_reason;  ///< "interrupt" after Ctrl-C

  // prepare
  table::ReadResult read;
  profile::Goal goal;
  profile::Profile profile;
  split::Split split;
  std::vector<double> y, weight;
  std::vector<double> order;  ///< step of each class of a target whose classes have an order, else empty
  const metrics::Metric* metric = nullptr;
  std::vector<GatePart> gate;

  // search
  OwnSlots own_slots;
  std::vector<model::LearnerDescriptor> catalog;  ///< all learners and the caller's own; empty without own ones
  search::SearchInput search_input;
  search::SearchResult search;
  std::vector<std::size_t> members;  ///< indices into search.trials, after trimming to the time left
  std::vector<double> weights;
  std::vector<double> blend;  ///< calibrated out-of-fold scores of the members
  pipeline::Calibration calibration;

  Intervals intervals;

  // decisions
  double rows_per_period = 0, capacity_share = 1;  ///< of [goal.capacity]
  evaluate::Bar bar;                               ///< binary
  double baseline_bar = 0.5;
  std::optional<double>
      bar_out_of_fold;                   ///< with a capacity: what `bar` was before it was set by rank in the test rows
  double shift = 0, baseline_shift = 0;  ///< regression: from the estimate to the prediction

  // judge
  table::Table judge_table;  ///< held-out rows with truth
  std::vector<double> judge_truth;
  pipeline::Pipeline judged;  ///< trained on split.train; the test score belongs to it
  pipeline::Predictions judged_predictions;
  double judged_fit_seconds = 0;
  std::vector<double> baseline_scores;  ///< of the best baseline on the held-out rows
  Json test = Json::object();
  Json baseline = Json::object();
  Json leakage, stress;

  // refit, explain
  pipeline::Pipeline final_pipeline;
  bool refitted = false;
  double latency_us = 0;
  Json detail = Json::object();
  Json diagnosis;   ///< null until DiagnoseModel
  Json experience;  ///< what the search began with, null without earlier runs

  RunRecorder* recorder = nullptr;
  MlflowLog* mlflow = nullptr;  ///< null without --mlflow

  TimePoint start() const { return started; }
  double Elapsed() const { return std::chrono::duration<double>(Clock::now() - started).count(); }
  std::optional<table::Sampled> earlier;  ///< what the first session of a resumed run sampled
  /// Returns the moment at which `share` of the budget is used up.
  TimePoint At(double share) const { return started + ToDuration(request.budget_seconds * share); }
  const table::Table& table() const { return read.table; }
  std::vector<std::size_t> TrialsOfEnsemble() const { return members; }
};

/// Measures a phase and tells the observer.
class Phase {
 public:
  Phase(RunState& state, std::string name);
  /// Ends the phase with the line that people see after its name.
  void Done(const std::string& text);

 private:
  RunState& state_;
  std::string name_;
  TimePoint started_ = Clock::now();
};

// ---- phases, in order
Status ReadData(RunState& state);  ///< read, goal, weight
Status ProfileData(RunState& state);
Status SplitData(RunState& state);
Status SearchModels(RunState& state);  ///< search, ensemble trimmed to the time left
Status JudgeModel(RunState& state);    ///< fit on training rows, score on held-out rows
Status RefitModel(RunState& state);
/// Findings that need a model, and the `diagnosis` member; within the context's time, never fails.
void DiagnoseModel(RunState& state, const Context& context);
void ExplainModel(RunState& state);  ///< what fits into the time left; never fails a run

// ---- decisions (run_goal.cc)
/// Checks that the goal fits the task and chooses the metric that it implies. Error goal-task.
Status CheckDecisionGoal(RunState& state);
/// Finds the share of rows that can be acted on. Error capacity-needs-time.
Status ResolveCapacity(RunState& state);
/// Chooses bar or shift on out-of-fold scores, for the model and for the baseline.
void ChooseDecision(RunState& state);
/// With a capacity: sets the bars of model and baseline by rank among the held-out rows, as `predict` does in a file.
/// No truth is looked at.
void RankHeldOut(RunState& state);
void RankBaseline(RunState& state);
Json DecisionMember(const RunState& state, const evaluate::EvaluateInput& input);  ///< test.decision
Json CapacityMember(const RunState& state);                                        ///< goal.capacity

// ---- intervals (run_intervals.cc)
void ChooseIntervals(RunState& state);
/// Measures Intervals::move_train and move_all where there is time (run_growth.cc).
void MeasureGrowth(RunState& state);
void MoveIntervals(pipeline::Pipeline& pipeline, double move);
/// Moves the levels of intervals and sets to what the held-out rows say about those of the judged pipeline.
void MoveLevels(RunState& state);
void TakeLevels(pipeline::Pipeline& pipeline, const evaluate::LevelMap& levels);
/// The levels for the model of all rows: they go on by the step that the judged model made from those of the folds.
evaluate::LevelMap LevelsOfAllRows(const RunState& state);
/// The judged pipeline with levels from one half of the held-out rows each, and the half of each row; it is judged with
/// those of the other half. Empty halves: nothing was moved.
struct HalfLevels {
  std::vector<pipeline::Pipeline> by_half;
  std::vector<std::uint8_t> half;

  const pipeline::Pipeline& For(const RunState& state, std::size_t row) const;
};
HalfLevels LevelsByHalf(const RunState& state);
Json IntervalCoverage(const RunState& state);  ///< regression: `test.calibration`
Json LevelsJson(const RunState& state);        ///< `test.calibration.levels`; null: none was moved
Json SetCoverage(const RunState& state);       ///< classification: `test.calibration.sets`

// ---- pieces shared by phases
/// Returns the ids of members of the final model that the caller brought along.
std::vector<std::string> OwnMembers(const RunState& state);
/// Builds a pipeline of fitted members for this run's goal.
pipeline::Pipeline MakePipeline(const RunState& state, std::vector<pipeline::Member> members);
/// Builds the evaluation input of scores on the held-out rows (or of out-of-fold scores).
evaluate::EvaluateInput JudgeInput(const RunState& state, const std::vector<double>& scores);
evaluate::EvaluateInput OutOfFoldInput(const RunState& state, const std::vector<double>& truth,
                                       const std::vector<double>& scores);
/// Returns truth in the order of search.oof_rows.
std::vector<double> OutOfFoldTruth(const RunState& state);
/// Scores without a test set: selection repeated inside bootstrap samples (Tsamardinos et al. 2018, BBC-CV).
std::vector<evaluate::MetricValue> CorrectedOutOfFold(const RunState& state);
/// The same on the main metric alone, beside the score that the choice was made by: `test.selection`.
Json SelectionCheck(const RunState& state);
/// The main metric of the chosen models on each fold: `detail.folds`.
Json FoldScores(const RunState& state);
/// Returns `with` / `without` leak columns: the `leakage` member of the document, or null.
Json LeakageScores(RunState& state);

// ---- documents
Json RunDocument(const RunState& state);  ///< without files and model hash
std::string LeaderboardCsv(const RunState& state);

}  // namespace tagwerk::app
