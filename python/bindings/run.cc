#include "run.h"

#include <atomic>
#include <optional>
#include <utility>

#include "app/options.h"
#include "app/own.h"
#include "app/run.h"
#include "app/targets.h"
#include "base/json.h"

#include "common.h"
#include "own_model.h"

namespace nb = nanobind;

namespace tagwerk::python {
namespace {

/// Watches for Ctrl-C from Python's side and passes events on; owns no thread of its own.
class Observer : public app::RunObserver {
 public:
  Observer(nb::object callback, StopFlag& stop, StopFlag& second)
      : callback_(std::move(callback)), stop_(stop), second_(second) {}
  void PhaseStarted(const std::string& phase) override { Send({{"event", "run.phase"}, {"phase", phase}}); }
  void PhaseDone(const std::string& phase, const std::string& text, double seconds) override {
    Send({{"event", "run.phase"}, {"phase", phase}, {"text", text}, {"seconds", seconds}});
  }
  void TrialDone(const search::TrialRecord& trial, const metrics::Metric& metric) override {
    Send({{"event", "run.trial"},
          {"trial", trial.trial},
          {"model", trial.title},
          {"metric", metric.id},
          {"score", trial.score},
          {"status", trial.status}});
  }
  void Now(const std::string&) override {}
  void Log(const Event&) override {}
  bool interrupted() const { return interrupted_; }

  /// Takes the GIL shortly and lets Python handle signals; KeyboardInterrupt becomes a stop request.
  void CheckSignals() {
    nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) {
      PyErr_Clear();
      if (interrupted_) second_.Request();
      interrupted_ = true;
      stop_.Request();
    }
  }

 private:
  void Send(const Json& event) {
    nb::gil_scoped_acquire acquire;
    if (callback_.is_none()) return;
    try {
      callback_(DumpJson(event));
    } catch (nb::python_error& failure) {
      failure.restore();
      PyErr_WriteUnraisable(callback_.ptr());
    }
  }
  nb::object callback_;
  StopFlag& stop_;
  StopFlag& second_;
  std::atomic<bool> interrupted_{false};
};

Finished FinishedOf(Result<app::RunResponse> response, bool interrupted) {
  Finished out;
  out.interrupted = interrupted;
  if (!response && interrupted) return out;
  auto finished = Must(std::move(response));
  out.document = DumpJson(finished.document);
  out.model = std::move(finished.model);
  out.folder = finished.folder;
  out.pipeline = std::move(finished.pipeline);
  out.gate_failed = finished.gate_failed;
  return out;
}

}  // namespace

std::vector<Finished> Run(std::optional<Table> table, const std::vector<std::string>& words, std::int64_t threads,
                          std::uint64_t seed, bool write_files, nb::object callback, const std::vector<Own>& own) {
  const TimePoint started = Clock::now();
  const auto arguments = Must(app::ParseArguments(*app::FindVerb("run"), words));
  auto request = Must(app::RunRequestFrom(arguments));
  if (table) request.given = table->read;
  request.write_files = write_files;
  for (const auto& [name, fit] : own) request.own.push_back(OwnLearnerOf(name, fit));
  request.only_own = !own.empty() && !arguments.Has("--learners");
  request.started = started;
  request.started_unix = UnixNow();
  request.command = "tagwerk.run(...)";
  StopFlag stop, second;
  Pool pool(threads > 0 ? int(threads) : UsableCores());
  const Context context = MakeContext(pool, &stop, seed);
  Observer observer(std::move(callback), stop, second);
  auto requests = Must(app::RequestsByTarget(context, request));
  std::vector<Finished> out;
  for (std::size_t i = 0; i < requests.size() && !observer.interrupted(); ++i) {
    if (requests.size() > 1) app::ShareOfBudget(requests[i], started, request.budget_seconds, requests.size() - i);
    std::optional<Result<app::RunResponse>> response;
    {
      // Python runs signal handlers on the main thread only: the work goes elsewhere, this thread watches.
      nb::gil_scoped_release release;
      Background work([&] { response.emplace(app::Run(context, requests[i], observer, &second)); });
      while (!work.WaitFor(0.02)) observer.CheckSignals();
      work.Get();
    }
    out.push_back(FinishedOf(std::move(*response), observer.interrupted()));
  }
  return out;
}

}  // namespace tagwerk::python
