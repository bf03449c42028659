#include "notify/mlflow.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "base/context.h"
#include "base/files.h"
#include "base/text.h"
#include "base/threads.h"
#include "notify/http.h"

namespace tagwerk::notify {

namespace {

// Limits of the interface: log-batch takes 1,000 metrics, 100 parameters, 100 tags, 1 MB.
constexpr std::size_t kBatchMetrics = 500, kBatchParameters = 90, kBatchTags = 90;
constexpr std::size_t kMostName = 250, kMostValue = 500, kMostTag = 4000, kMostQueued = 100'000;
constexpr double kRequestSeconds = 10;

Error Unreachable(const std::string& url, const std::string& why) {
  return Error(Code::kUnavailable, "mlflow-unreachable", "the MLflow server does not take the run: " + why)
      .In(WithoutSecret(url))
      .Do("start it, or leave --mlflow out");
}

/// Names may hold letters, digits, and _-. /
std::string NameFor(std::string name) {
  for (char& c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '-' ||
                      c == '.' || c == ' ' || c == '/';
    if (!good) c = '_';
  }
  return name.substr(0, kMostName);
}

std::string Cut(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string ReasonOf(const HttpAnswer& answer) {
  std::string reason = "status " + std::to_string(answer.status);
  if (const auto body = ParseJson(answer.body, "answer"); body && body->is_object())
    if (body->contains("message") && (*body)["message"].is_string())
      reason += ", " + Printable((*body)["message"].get<std::string>(), 200);
  return reason;
}

std::int64_t Milliseconds(double unix_seconds) { return std::int64_t(unix_seconds * 1000); }

}  // namespace

struct MlflowRun::State {
  std::string url, experiment_id, artifact_root;
  HttpClient http;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<MlflowMetric> metrics;
  Json parameters = Json::array(), tags = Json::array();
  bool ending = false;
  std::unique_ptr<Background> sender;

  Result<Json> Call(const std::string& path, const Json& body, double seconds = kRequestSeconds) {
    const std::string method = body.is_null() ? "GET" : "POST";
    auto answer = http.Send(method, url + "/api/2.0/mlflow/" + path, body.is_null() ? "" : "application/json",
                            body.is_null() ? "" : DumpJson(body), seconds);
    if (!answer) return Unreachable(url, answer.error().message());
    if (answer->status < 200 || answer->status >= 300) return Unreachable(url, ReasonOf(*answer));
    auto parsed = ParseJson(answer->body.empty() ? "{}" : answer->body, "answer");
    if (!parsed) return Unreachable(url, "its answer is not JSON");
    return std::move(*parsed);
  }

  Result<std::string> Experiment(const std::string& name) {
    const auto made = Call("experiments/create", {{"name", name}});
    const Json::json_pointer created("/experiment_id");
    if (made && made->contains(created) && made->at(created).is_string()) return made->at(created).get<std::string>();
    if (!made && made.error().message().find("status 400") == std::string::npos) return made.error();
    TW_TRY(const Json found, Call("experiments/get-by-name?experiment_name=" + Escaped(name), nullptr));
    const Json::json_pointer known("/experiment/experiment_id");
    if (found.contains(known) && found.at(known).is_string()) return found.at(known).get<std::string>();
    return Unreachable(url, "it has no experiment of this name");
  }

  /// Sends one batch; what could not be sent goes back to the front of the queue. False when nothing was left.
  Result<bool> SendBatch(const std::string& run_id, double seconds) {
    std::vector<MlflowMetric> some;
    Json body = {{"run_id", run_id}, {"metrics", Json::array()}, {"params", Json::array()}, {"tags", Json::array()}};
    {
      const std::lock_guard lock(mutex);
      const std::size_t n = std::min(metrics.size(), kBatchMetrics);
      some.assign(metrics.begin(), metrics.begin() + std::ptrdiff_t(n));
      metrics.erase(metrics.begin(), metrics.begin() + std::ptrdiff_t(n));
      Move(parameters, body["params"], kBatchParameters);
      Move(tags, body["tags"], kBatchTags);
    }
    if (some.empty() && body["params"].empty() && body["tags"].empty()) return false;
    for (const MlflowMetric& metric : some)
      body["metrics"].push_back(
          {{"key", metric.name}, {"value", metric.value}, {"timestamp", metric.time_ms}, {"step", metric.step}});
    const auto sent = Call("runs/log-batch", body, seconds);
    if (sent) return true;
    const std::lock_guard lock(mutex);
    metrics.insert(metrics.begin(), some.begin(), some.end());
    for (const Json& item : body["params"]) parameters.push_back(item);
    for (const Json& item : body["tags"]) tags.push_back(item);
    return sent.error();
  }

  static void Move(Json& from, Json& to, std::size_t most) {
    Json rest = Json::array();
    for (Json& item : from) (to.size() < most ? to : rest).push_back(std::move(item));
    from = std::move(rest);
  }

  /// Every second what has come together; after a failure a longer pause.
  void SendWhileRunning(const std::string& run_id) {
    double pause = 1;
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, std::chrono::duration<double>(pause), [this] { return ending; })) {
      lock.unlock();
      const auto sent = SendBatch(run_id, kRequestSeconds);
      pause = sent ? 1 : std::min(30.0, 2 * pause);
      lock.lock();
    }
  }

  Status PutFile(const std::string& path, double seconds) {
    if (artifact_root.empty()) return Ok();
    TW_TRY(const auto map, MappedFile::Open(path));
    const std::string target = artifact_root + "/" + Escaped(std::filesystem::path(path).filename().string());
    const auto answer = http.Send("PUT", target, "application/octet-stream", map->bytes(), seconds);
    if (!answer) return Unreachable(url, answer.error().message());
    if (answer->status < 200 || answer->status >= 300) return Unreachable(url, ReasonOf(*answer));
    return Ok();
  }
};

MlflowRun::MlflowRun(std::unique_ptr<State> state, std::string run_id)
    : state_(std::move(state)), run_id_(std::move(run_id)) {
  State* const shared = state_.get();
  shared->sender = std::make_unique<Background>([shared, id = run_id_] { shared->SendWhileRunning(id); });
}

MlflowRun::~MlflowRun() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.notify_all();
  state_->sender.reset();
}

Result<std::unique_ptr<MlflowRun>> MlflowRun::Begin(const std::string& url, const std::string& experiment,
                                                    const std::string& run_name, double started_unix) {
  if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0)
    return Error(Code::kInvalidArgument, "mlflow-url",
                 "--mlflow takes the address of a server: " + Quoted(WithoutSecret(url)))
        .In("--mlflow")
        .Allowed({"http://HOST:PORT", "https://HOST"});
  auto state = std::make_unique<State>();
  state->url = url;
  while (!state->url.empty() && state->url.back() == '/') state->url.pop_back();
  TW_TRY(state->experiment_id, state->Experiment(experiment));
  TW_TRY(const Json made, state->Call("runs/create", {{"experiment_id", state->experiment_id},
                                                      {"run_name", run_name},
                                                      {"start_time", Milliseconds(started_unix)}}));
  const Json::json_pointer id("/run/info/run_id"), root("/run/info/artifact_uri");
  if (!made.contains(id) || !made.at(id).is_string()) return Unreachable(url, "its answer names no run");
  const std::string run_id = made.at(id).get<std::string>();
  // Files go through the server only where it keeps them itself.
  const std::string artifacts =
      made.contains(root) && made.at(root).is_string() ? made.at(root).get<std::string>() : "";
  if (const auto colon = artifacts.find(":/"); artifacts.rfind("mlflow-artifacts:", 0) == 0) {
    std::string path = artifacts.substr(colon + 1);
    if (path.rfind("//", 0) == 0) path = path.substr(std::min(path.find('/', 2), path.size()));
    state->artifact_root = state->url + "/api/2.0/mlflow-artifacts/artifacts" + path;
  }
  return std::unique_ptr<MlflowRun>(new MlflowRun(std::move(state), run_id));
}

void MlflowRun::Metric(MlflowMetric metric) {
  if (!std::isfinite(metric.value)) return;
  metric.name = NameFor(metric.name);
  const std::lock_guard lock(state_->mutex);
  if (state_->metrics.size() < kMostQueued) state_->metrics.push_back(std::move(metric));
}

void MlflowRun::Parameter(const std::string& name, const std::string& value) {
  const std::lock_guard lock(state_->mutex);
  state_->parameters.push_back({{"key", NameFor(name)}, {"value", Cut(value, kMostValue)}});
}

void MlflowRun::Tag(const std::string& name, const std::string& value) {
  const std::lock_guard lock(state_->mutex);
  state_->tags.push_back({{"key", NameFor(name)}, {"value", Cut(value, kMostTag)}});
}

Status MlflowRun::Finish(const std::string& status, const std::vector<std::string>& files, double seconds) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.notify_all();
  const TimePoint until = Clock::now() + ToDuration(seconds);
  const auto left = [&] { return std::chrono::duration<double>(until - Clock::now()).count(); };
  if (!state_->sender->WaitFor(std::max(0.1, left()))) return Unreachable(state_->url, "time is up");
  for (double pause = 0.2;;) {
    if (left() < 0.1) return Unreachable(state_->url, "time is up");
    const auto sent = state_->SendBatch(run_id_, std::min(kRequestSeconds, left()));
    if (sent && !*sent) break;
    if (sent) continue;
    if (left() < 2 * pause) return sent.error();
    ::usleep(useconds_t(pause * 1e6));
    pause *= 2;
  }
  for (const std::string& file : files) TW_RETURN_IF_ERROR(state_->PutFile(file, std::max(0.1, left())));
  TW_RETURN_IF_ERROR(state_->Call("runs/update",
                                  {{"run_id", run_id_}, {"status", status}, {"end_time", Milliseconds(UnixNow())}},
                                  std::max(0.1, left())));
  return Ok();
}

}  // namespace tagwerk::notify
