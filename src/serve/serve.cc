#include "serve/serve.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <set>

#include "app/names.h"
#include "app/setting_forms.h"
#include "app/store_place.h"
#include "base/text.h"
#include "serve/notify.h"
#include "serve/registry_models.h"
#include "serve/segment_keeper.h"
#include "serve/service.h"
#include "serve/store_watch.h"

namespace tagwerk::serve {
namespace {

constexpr double kRefreshSeconds = 0.5;  ///< between two looks at the models' files and the registry

Result<int> WholeNumber(const app::Arguments& arguments, const char* option, int low, int high) {
  const std::string text = arguments.Get(option);
  const auto number = ParseDouble(text);
  if (!number || *number < low || *number > high || *number != int(*number))
    return Error(Code::kInvalidArgument, "option-value",
                 std::string(option) + " does not take this value: " + Quoted(text))
        .In(option)
        .Allowed({"a whole number from " + std::to_string(low) + " to " + std::to_string(high)});
  return int(*number);
}

/// model.tw is served as model; a run's folder under its own name.
std::string NameOf(const std::string& path) {
  std::filesystem::path file(path);
  if (!file.has_filename()) file = file.parent_path();
  const std::string name = file.extension() == ".tw" ? file.stem().string() : file.filename().string();
  return name.empty() ? "model" : name;
}

Status TakeModels(const app::Arguments& arguments, ServeOptions& out) {
  for (const std::string& typed : arguments.positional)
    out.models.emplace_back(app::IsPath(typed) ? NameOf(typed) : "", typed);
  for (const std::string& typed : arguments.All("--model")) {
    const std::size_t equals = typed.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == typed.size())
      return Error(Code::kInvalidArgument, "option-value", "--model does not take this value: " + Quoted(typed))
          .In("--model")
          .Allowed({"NAME=FILE"});
    out.models.emplace_back(typed.substr(0, equals), typed.substr(equals + 1));
  }
  if (out.models.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "a model is needed")
        .In("tagwerk serve")
        .Do("tagwerk serve model.tw")
        .Do("tagwerk serve NAME, of `tagwerk models list`");
  return Ok();
}

/// Who serves files only needs no store, and may run where there is no place for one.
Status TakeStore(const app::Arguments& arguments, ServeOptions& out) {
  auto place = app::FindStore(arguments);
  const bool files_only =
      std::none_of(out.models.begin(), out.models.end(), [](const auto& m) { return m.first.empty(); });
  if (!place && place.error().id() == "store-no-home" && files_only) return Ok();
  if (!place) return place.error();
  out.store = std::move(place->location);
  out.place = arguments;
  out.place.positional.clear();
  return Ok();
}

Result<std::string> LogFolder(const std::string& typed) {
  if (typed.empty())
    return Error(Code::kInvalidArgument, "option-value", "--log-predictions is the name of a folder")
        .In("--log-predictions");
  return std::filesystem::absolute(typed).lexically_normal().string();
}

}  // namespace

Result<ServeOptions> ServeOptionsFrom(const app::Arguments& arguments, int threads, bool log_access) {
  ServeOptions out;
  TW_RETURN_IF_ERROR(TakeModels(arguments, out));
  TW_RETURN_IF_ERROR(TakeStore(arguments, out));
  out.host = arguments.Get("--host");
  TW_TRY(out.port, WholeNumber(arguments, "--port", 0, 65535));
  out.threads = threads;
  out.service.log_access = log_access;
  out.token_file = arguments.Get("--token-file");
  out.tls_certificate = arguments.Get("--tls-cert");
  out.tls_key = arguments.Get("--tls-key");
  if (arguments.Has("--log-predictions")) {
    TW_TRY(out.log_folder, LogFolder(arguments.Get("--log-predictions")));
  }
  if (out.tls_certificate.empty() != out.tls_key.empty())
    return Error(Code::kInvalidArgument, "option-contradiction", "--tls-cert and --tls-key belong together")
        .Do("give both: --tls-cert chain.pem --tls-key key.pem");
  TW_TRY(out.limits.max_body, ParseSize(arguments.Get("--max-body"), "--max-body"));
  TW_TRY(out.limits.request_seconds, ParseDuration(arguments.Get("--timeout"), "--timeout"));
  if (!(out.limits.request_seconds > 0))
    return Error(Code::kInvalidArgument, "option-value", "--timeout is longer than 0").In("--timeout");
  out.service.explain_seconds = out.limits.request_seconds;
  out.limits.head_seconds = std::min(out.limits.head_seconds, out.limits.request_seconds);
  out.limits.max_buffered = std::max(out.limits.max_buffered, 4 * out.limits.max_body);
  out.limits.max_jobs = 4 * std::size_t(threads);
  TW_TRY(const int jobs, WholeNumber(arguments, "--max-concurrency", 0, 1'000'000));
  if (jobs > 0) out.limits.max_jobs = std::size_t(jobs);
  TW_TRY(out.service.rate, app::ParseRate(arguments.Get("--rate"), "--rate"));
  // The option has no value; "false" comes from a file of settings.
  out.service.metrics_public = arguments.Has("--metrics-public") && arguments.Get("--metrics-public") != "false";
  return out;
}

namespace {

/// Calls `look` at once and then every so many seconds, until `done`.
void Every(double seconds, const std::atomic<bool>& done, const std::function<void()>& look) {
  for (TimePoint next = Clock::now(); !done; ::usleep(50'000)) {
    if (Clock::now() < next) continue;
    look();
    next = Clock::now() + ToDuration(seconds);
  }
}

}  // namespace

struct ModelServer::State {
  State(const Context& given, const ServeOptions& told)
      : context(given), options(told), shelf(context), registry_reader(told.store), writer(told.store) {}
  const Context& context;
  ServeOptions options;
  Shelf shelf;
  StoreReader registry_reader;
  StoreWriter writer;
  RegistryModels registry{context, shelf, registry_reader, writer};
  Access access;
  TokenWatch tokens{context, access, options.store};
  RefusalWatch refused{context, writer};
  Idempotency once{writer};
  Admin admin{context, options.place, writer, once, options.store};
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<SegmentKeeper> segments;
  std::unique_ptr<PredictionLog> log;  // after what its thread tells
  std::unique_ptr<Service> service;
  std::unique_ptr<HttpServer> http;
};

ModelServer::ModelServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ModelServer::~ModelServer() = default;

Result<std::unique_ptr<ModelServer>> ModelServer::Start(const Context& context, const ServeOptions& options) {
  auto state = std::make_unique<State>(context, options);
  if (!options.token_file.empty()) TW_RETURN_IF_ERROR(state->access.Load(options.token_file));
  TW_RETURN_IF_ERROR(state->tokens.Look());  // unknown tokens would leave the server open
  if (!IsLoopback(options.host) && !state->access.Current()->needed)
    return Error(Code::kInvalidArgument, "address-needs-token",
                 "a public address needs a token: " + Quoted(options.host))
        .In("tagwerk serve --host")
        .Do("tagwerk store tokens add NAME --scope predict")
        .Do("--token-file FILE, with one token a line");
  if (!options.tls_certificate.empty()) {
    TW_TRY(state->tls, TlsContext::Load(options.tls_certificate, options.tls_key));
  }
  for (const auto& [name, typed] : options.models)
    TW_RETURN_IF_ERROR(name.empty() ? state->registry.Add(typed) : state->shelf.AddFile(name, typed));
  const std::size_t threads = 2 * std::size_t(options.threads);
  state->service = std::make_unique<Service>(state->context, state->shelf, state->access, threads, options.service);
  if (!options.log_folder.empty()) {
    LogOptions log;
    log.folder = options.log_folder;
    TW_TRY(state->log, PredictionLog::Open(context, log, threads));
    std::set<std::string> files;
    for (const auto& [name, model] : state->shelf.Current()->models)
      if (!state->registry.Follows(name)) files.insert(name);
    state->segments = std::make_unique<SegmentKeeper>(context, state->writer, options.store, std::move(files));
    state->log->OnSegment([keeper = state->segments.get()](const SegmentFacts& facts) { keeper->Tell(facts); });
    state->service->LogTo(*state->log);
  }
  HttpOptions http;
  http.host = options.host;
  http.port = options.port;
  http.loops = options.threads;
  http.limits = options.limits;
  TW_TRY(state->http, HttpServer::Listen(http, *state->service, state->tls.get()));
  state->service->Watch(*state->http);
  if (!options.store.path.empty()) state->service->KeepLabels(state->writer, state->once);
  state->service->Tell(state->refused.refusals());
  if (!options.store.path.empty()) state->service->Ask(state->admin);
  return std::unique_ptr<ModelServer>(new ModelServer(std::move(state)));
}

Json ModelServer::Ready() const {
  const State& s = *state_;
  Json models = Json::array();
  const SnapshotPtr snapshot = s.shelf.Current();
  for (const auto& [name, model] : snapshot->models) models.push_back({{"name", name}, {"version", model.current}});
  const std::string host = s.options.host.find(':') != std::string::npos ? "[" + s.options.host + "]" : s.options.host;
  const std::string url = (s.tls ? "https://" : "http://") + host + ":" + std::to_string(s.http->port());
  return {{"schema", "tagwerk.serving/1"}, {"url", url}, {"models", models}};
}

std::string ModelServer::ReadyText() const {
  const Json ready = Ready();
  std::vector<std::string> names;
  for (const Json& model : ready["models"])
    names.push_back(model["name"].get<std::string>() + " (version " + std::to_string(model["version"].get<int>()) +
                    ")");
  return "serving " + Join(names, ", ") + " at " + ready["url"].get<std::string>();
}

void ModelServer::Run(const StopFlag& stop, const StopFlag* now) {
  State& s = *state_;
  std::atomic<bool> done{false};
  // Tokens have a thread of their own: a large model that is loaded must not keep a revoked one alive.
  Background token_watch([&] { Every(kRefreshSeconds, done, [&] { s.tokens.LookAgain(); }); });
  Background model_watch([&] {
    s.shelf.WarmUp();
    Every(kRefreshSeconds, done, [&] {
      s.shelf.Refresh();
      s.registry.Refresh();
      s.refused.Write(/*rest=*/false);
    });
  });
  NotifySystemd("READY=1");
  s.http->Run(stop, now);
  NotifySystemd("STOPPING=1");
  done = true;
  token_watch.Get();
  model_watch.Get();
  s.refused.Write(/*rest=*/true);
  if (s.log) s.log->Finish();
}

}  // namespace tagwerk::serve
