// What a person sees while a run works: the live display on a terminal, log lines otherwise.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/run.h"
#include "cli/streams.h"

namespace tagwerk::cli {

/// Writes one event as a line of the log: TIME LEVEL PHASE TEXT, or a JSON object.
std::string LogLine(const Event& event, bool json);

struct ProgressOptions {
  bool live = false;
  bool quiet = false;
  bool verbose = false;
  bool json_lines = false;  ///< --log-format json
  std::string log_file;
  std::string title;  ///< "flights.parquet -> late"
  double budget_seconds = 60;
  int threads = 1;
  std::uint64_t memory_bytes = 0;
  std::string memory_text;  ///< as typed, or printed
  std::uint64_t seed = 0;
  TimePoint started;
};

/// Shows a run on stderr. All calls are serialised; the live block is redrawn at most 10 times a second.
class Progress : public app::RunObserver {
 public:
  Progress(const Stream& stream, ProgressOptions options);
  ~Progress() override;
  void PhaseStarted(const std::string& phase) override;
  void PhaseDone(const std::string& phase, const std::string& text, double seconds) override;
  void TrialDone(const search::TrialRecord& trial, const metrics::Metric& metric) override;
  void Now(const std::string& what) override;
  void Log(const Event& event) override;
  /// Removes the live block; later output follows the finished lines.
  void Close();
  /// Writes a line for people even when quiet (errors, "ending with the best so far").
  void Notice(const std::string& text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagwerk::cli
