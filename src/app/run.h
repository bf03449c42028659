// The main job as one use case: data and a goal in, a run document, a model and a report out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/goal.h"
#include "app/options.h"
#include "app/own.h"
#include "app/store_place.h"
#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "io/read.h"
#include "model/parameters.h"
#include "pipeline/pipeline.h"
#include "search/search.h"
#include "split/split.h"

namespace tagwerk::app {

struct RunRequest {
  std::string data;                          ///< DATA of the command; empty when `given` is set
  std::shared_ptr<table::ReadResult> given;  ///< a table in memory (Python)
  io::ReadOptions read;
  std::string target, task = "auto", metric = "auto", positive;
  double budget_seconds = 60;
  int trials = 0;
  std::optional<double> test_share;  ///< default 20 %
  std::string test_data;             ///< a file instead of a share
  std::optional<split::Kind> split_kind;
  std::string group, time, weight, id;
  double gap_seconds = 0;
  std::int64_t gap_rows = 0;
  int folds = 0;
  bool refit = true;
  bool drop_suspects = false;
  std::vector<std::string> use, drop;
  std::vector<std::string> learners;  ///< ids; empty: all; "-id" excludes
  std::vector<OwnLearner> own;        ///< models that the caller brings along (Python)
  bool only_own = false;              ///< no learners but those and the baselines
  std::map<std::string, model::Parameters> fixed;
  std::string gate;
  DecisionGoal decision;
  std::string out;          ///< empty: default folder
  bool write_files = true;  ///< false: nothing is written (Python)
  bool overwrite = false, resume = false;
  std::string name;
  std::optional<StorePlace> store;  ///< empty: nothing is recorded (Python)
  std::string mlflow;               ///< address of an MLflow server, or empty
  bool registers = true;            ///< false: recorded, but no version of the model
  std::string language = "en";
  std::string report = "full";
  double worth = 0.0005;
  std::string command;               ///< as typed, for the document
  TimePoint started = Clock::now();  ///< process start: the budget counts from here
  double started_unix = 0;
};

/// Builds a request from checked arguments (command, Python, HTTP alike). Errors: option-value, unknown-learner,
/// unknown-parameter, parameter-range; all faults that can be found together are reported together.
Result<RunRequest> RunRequestFrom(const Arguments& arguments);
/// Returns a name that files and models can have: letters, digits, ".", "_" and "-", at most 64.
std::string SafeName(std::string name);
/// Builds the reading options alone.
Result<io::ReadOptions> ReadOptionsFrom(const Arguments& arguments);

/// Told what happens while it happens; calls are serialised, from any thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void PhaseDone(const std::string& phase, const std::string& text, double seconds) = 0;
  virtual void PhaseStarted(const std::string& phase) = 0;
  virtual void TrialDone(const search::TrialRecord& trial, const metrics::Metric& metric) = 0;
  virtual void Now(const std::string& what) = 0;
  virtual void Log(const Event& event) = 0;
};

struct RunResponse {
  Json document;      ///< tagwerk.run/1
  std::string model;  ///< bytes of model.tw; empty when `pipeline` is set
  /// The model itself, when it holds models of the caller's own, which a file cannot hold.
  std::shared_ptr<const pipeline::Pipeline> pipeline;
  std::string folder;  ///< where the files lie; empty if none were written
  bool gate_failed = false;
  bool was_finished = false;    ///< --resume found a complete run
  std::vector<Error> warnings;  ///< of the store
};

/// Runs the main job. `context` carries threads, stop flag, memory limit and seed; the deadline comes from the
/// request. `second_stop` (may be null) is requested by a second interrupt and ends even the final steps.
Result<RunResponse> Run(const Context& context, const RunRequest& request, RunObserver& observer,
                        const StopFlag* second_stop);

}  // namespace tagwerk::app
