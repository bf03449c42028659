// A run as an MLflow server sees it: parameters, a score for every trial while it goes, figures and files at the end.
#pragma once

#include <memory>
#include <vector>

#include "app/run_state.h"
#include "notify/mlflow.h"

namespace tagwerk::app {

class MlflowLog {
 public:
  /// Begins the run there. Errors: mlflow-url (2), mlflow-unreachable (4).
  static Result<std::unique_ptr<MlflowLog>> Begin(const RunRequest& request);
  /// Replaces a password in the address of the server wherever the command names it.
  static std::string WithoutSecret(std::string command, const std::string& url);

  void Trial(const search::TrialRecord& trial, const metrics::Metric& metric);
  /// Sends the rest: figures of the document and the files of the folder. What is missing there becomes a warning.
  void Finish(const Json& document, const RunFolder* folder);
  void Fail(const Error& error);
  std::vector<Error> TakeWarnings() { return std::move(warnings_); }

 private:
  MlflowLog(std::unique_ptr<notify::MlflowRun> run, double patience) : run_(std::move(run)), patience_(patience) {}
  void End(const std::string& status, const std::vector<std::string>& files);

  std::unique_ptr<notify::MlflowRun> run_;
  std::vector<Error> warnings_;
  double patience_;  ///< seconds for what is left at the end
  double best_ = 0;
  bool any_ = false;
};

}  // namespace tagwerk::app
