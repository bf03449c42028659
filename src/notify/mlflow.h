// A run on an MLflow tracking server, over its REST interface (2.0): in batches, from a thread of its own, so that a
// slow server never slows the run. What could not be sent is sent again at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tagwerk::notify {

struct MlflowMetric {
  std::string name;
  double value = 0;
  std::int64_t time_ms = 0, step = 0;
};

class MlflowRun {
 public:
  /// Makes (or finds) the experiment and begins a run in it. Errors: mlflow-url (2), mlflow-unreachable (4).
  static Result<std::unique_ptr<MlflowRun>> Begin(const std::string& url, const std::string& experiment,
                                                  const std::string& run_name, double started_unix);
  ~MlflowRun();
  MlflowRun(const MlflowRun&) = delete;
  MlflowRun& operator=(const MlflowRun&) = delete;

  const std::string& id() const { return run_id_; }
  /// Queues; never waits. Names and values are cut to what the server takes.
  void Metric(MlflowMetric metric);
  void Parameter(const std::string& name, const std::string& value);
  void Tag(const std::string& name, const std::string& value);
  /// Sends everything that is left and the files, then ends the run (FINISHED, FAILED, KILLED), for at most so long.
  /// Error mlflow-unreachable (4): something is missing there.
  Status Finish(const std::string& status, const std::vector<std::string>& files, double seconds);

 private:
  struct State;
  explicit MlflowRun(std::unique_ptr<State> state, std::string run_id);
  std::unique_ptr<State> state_;
  std::string run_id_;
};

}  // namespace tagwerk::notify
