// The search: baselines first, then a short list of good configurations with successive halving, then
// the ensemble. Obeys deadline, trial limit and memory; every trial is journalled and reported.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "ensemble/ensemble.h"
#include "features/features.h"
#include "metrics/metrics.h"
#include "model/learner.h"
#include "pipeline/pipeline.h"
#include "search/journal.h"
#include "split/split.h"
#include "table/table.h"

namespace tagwerk::search {

/// A setting to try before the short list: it did best on data like these.
struct Hint {
  std::string learner;
  model::Parameters parameters;
};

struct SearchInput {
  const table::Table* table = nullptr;
  std::vector<std::size_t> features;  ///< input columns
  const split::Split* split = nullptr;
  std::vector<double> y;       ///< over all rows of the table
  std::vector<double> weight;  ///< empty: all 1
  Task task = Task::kRegression;
  int num_classes = 0;
  int positive = 1;
  const metrics::Metric* metric = nullptr;
  int max_trials = 0;                              ///< 0: no limit
  std::vector<std::string> learners;               ///< ids allowed; empty: all of the task
  std::map<std::string, model::Parameters> fixed;  ///< --set
  double worth = 0.0005;                           ///< stop when the expected gain is below (2.7)
  TimePoint deadline = TimePoint::max();           ///< of search + ensemble
  /// How often FitMembers will still run before `deadline` (the search ends that much earlier).
  int refits = 0;
  std::uint64_t seed = 0;
  Journal* journal = nullptr;  ///< may be null
  std::vector<Hint> hints;     ///< from earlier runs, best first
  /// Learners to choose from; null: learners::AllLearners().
  const std::vector<model::LearnerDescriptor>* catalog = nullptr;
};

struct TrialRecord {
  int trial = 0;
  std::string learner, title;  ///< "boosting  63 leaves, rate 0.05"
  bool baseline = false;
  model::Parameters parameters;
  std::string status = "ok";  ///< ok pruned failed stopped
  std::string error;
  double score = 0, low = 0, high = 0;  ///< validation, main metric; interval over rows (paired folds)
  double difference = 0, difference_low = 0, difference_high = 0;  ///< against the best baseline, + = better
  std::vector<double> fold_scores;
  int folds_done = 0, folds = 0;
  double rows_share = 1;
  double fit_seconds = 0, predict_us_per_row = 0;
  std::uint64_t size_bytes = 0;
  double ensemble_weight = 0;
  std::vector<model::CurvePoint> curve;  ///< of fold 1
  model::Parameters refit;               ///< from the folds: mean best iteration, ...
  /// Over SearchResult::oof_rows x outputs. Kept for the trials that may enter the ensemble (the best 25 and
  /// the baselines); empty for all others.
  std::vector<double> oof;
  int rank = 0;  ///< 1 = best; 0 unless ok
};

struct SearchEvents {
  std::function<void(const TrialRecord&)> trial_done;  ///< from any thread, serialised
  std::function<void(const std::string& what)> now;    ///< "boosting 127 leaves, fold 2 of 3"
};

struct SearchResult {
  std::vector<TrialRecord> trials;                 ///< baselines and search, in order of start
  std::vector<table::RowIndex> oof_rows;           ///< rows that `oof` and `blend` cover, in order
  std::size_t best_baseline = 0, best_single = 0;  ///< indices into trials
  ensemble::Ensemble ensemble;                     ///< members are indices into trials
  std::vector<double> blend;                       ///< out-of-fold scores of the ensemble, calibrated
  pipeline::Calibration calibration;
  Json calibration_evidence;
  std::string stop_reason;              ///< budget trials no_more_gain all_tried interrupt memory
  double expected_gain_per_minute = 0;  ///< of the next minute: an estimate, in the metric
  double expected_gain_limit = 0;       ///< of any time: T seconds bring T / (S + T) of it
};

/// Runs baselines, search and ensemble. Fails only if not even a baseline could be fitted
/// (budget-too-small, memory-limit) or the journal cannot be written (disk-full).
Result<SearchResult> RunSearch(const Context& context, const SearchInput& input, const SearchEvents& events);

/// Wall seconds of fitting these trials' configurations once on all rows of split.train; those found on a sample are
/// fitted on more rows only as far as there is time for it.
double MembersSeconds(const SearchInput& input, const std::vector<const TrialRecord*>& trials, int threads);

/// Fits the members of the ensemble (or one given trial) on `rows` and returns them for a Pipeline.
Result<std::vector<pipeline::Member>> FitMembers(const Context& context, const SearchInput& input,
                                                 const std::vector<const TrialRecord*>& trials,
                                                 const std::vector<double>& weights, table::RowSpan rows);

}  // namespace tagwerk::search
