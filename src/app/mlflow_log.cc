#include "app/mlflow_log.h"

#include <cmath>

#include "app/version.h"
#include "base/text.h"
#include "notify/http.h"

namespace tagwerk::app {

namespace {

/// What of the document becomes a parameter there.
constexpr const char* kMlflowParameters[] = {"/goal/target",     "/goal/task", "/goal/metric",      "/data/rows",
                                             "/data/columns",    "/seed",      "/budget_seconds",   "/split/kind",
                                             "/split/test_rows", "/threads",   "/model/calibration"};
constexpr const char* kMlflowTags[] = {
    "/id",         "/status",        "/stop_reason", "/version",     "/data/fingerprint",
    "/model/name", "/model/version", "/model/alias", "/model/sha256"};

std::string Plain(const Json& value) { return value.is_string() ? value.get<std::string>() : DumpJson(value); }

/// A path of a document as a name: /goal/target is goal.target.
std::string Dotted(const std::string& path) {
  std::string name = path.substr(1);
  for (char& c : name)
    if (c == '/') c = '.';
  return name;
}

}  // namespace

Result<std::unique_ptr<MlflowLog>> MlflowLog::Begin(const RunRequest& request) {
  const double started = request.started_unix > 0 ? request.started_unix : UnixNow();
  TW_TRY(auto run,
         notify::MlflowRun::Begin(request.mlflow, request.name, request.name + "-" + LocalStamp(started), started));
  run->Tag("tagwerk.command", request.command);
  run->Tag("mlflow.source.name", std::string("tagwerk ") + kVersion);
  return std::unique_ptr<MlflowLog>(new MlflowLog(std::move(run), 4 + 0.05 * request.budget_seconds));
}

std::string MlflowLog::WithoutSecret(std::string command, const std::string& url) {
  const std::string safe = notify::WithoutSecret(url);
  if (url.empty() || safe == url) return command;
  for (std::size_t at = 0; (at = command.find(url, at)) != std::string::npos; at += safe.size())
    command.replace(at, url.size(), safe);
  return command;
}

void MlflowLog::Trial(const search::TrialRecord& trial, const metrics::Metric& metric) {
  if (trial.status != "ok" || !std::isfinite(trial.score)) return;
  const std::int64_t now = std::int64_t(UnixNow() * 1000);
  if (!any_ || metrics::Improvement(metric, best_, trial.score) > 0) best_ = trial.score;
  any_ = true;
  run_->Metric({"trial." + metric.id, trial.score, now, trial.trial});
  run_->Metric({"best." + metric.id, best_, now, trial.trial});
  run_->Metric({"trial.fit_seconds", trial.fit_seconds, now, trial.trial});
}

void MlflowLog::Finish(const Json& document, const RunFolder* folder) {
  for (const char* path : kMlflowParameters)
    if (const Json::json_pointer at(path); document.contains(at) && !document.at(at).is_null())
      run_->Parameter(Dotted(path), Plain(document.at(at)));
  for (const char* path : kMlflowTags)
    if (const Json::json_pointer at(path); document.contains(at) && !document.at(at).is_null())
      run_->Tag("tagwerk." + Dotted(path), Plain(document.at(at)));
  const std::int64_t now = std::int64_t(UnixNow() * 1000);
  const auto number = [](const Json& object, const char* name) {
    return object.contains(name) && object[name].is_number() ? object[name].get<double>() : std::nan("");
  };
  const Json::json_pointer metrics("/test/metrics");
  if (document.contains(metrics) && document.at(metrics).is_array())
    for (const Json& metric : document.at(metrics)) {
      const std::string name = Plain(metric["name"]);
      run_->Metric({"test." + name, number(metric, "value"), now, 0});
      run_->Metric({"test." + name + ".low", number(metric, "low"), now, 0});
      run_->Metric({"test." + name + ".high", number(metric, "high"), now, 0});
    }
  if (document.contains("used")) run_->Metric({"seconds", number(document["used"], "seconds"), now, 0});
  std::vector<std::string> files;
  if (folder != nullptr)
    for (const char* name : {"run.json", "report.html", "card.md", "leaderboard.csv", "model.tw"})
      if (folder->files().contains(name)) files.push_back(folder->File(name));
  End("FINISHED", files);
}

void MlflowLog::Fail(const Error& error) {
  run_->Tag("tagwerk.error", error.message());
  End(error.code() == Code::kCancelled ? "KILLED" : "FAILED", {});
}

void MlflowLog::End(const std::string& status, const std::vector<std::string>& files) {
  if (const Status ended = run_->Finish(status, files, patience_); !ended)
    warnings_.push_back(Error(ended.error()).Do("the run itself is whole; the server lacks a part of it"));
}

}  // namespace tagwerk::app
