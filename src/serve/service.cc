// The front of the service: who may, what is asked, and what is said when it cannot be answered.
#include "serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

#include "app/version.h"
#include "base/json.h"
#include "base/text.h"
#include "serve/catalogue.h"
#include "serve/openapi.h"
#include "serve/text.h"

namespace tagwerk::serve {
namespace {

constexpr double kLongNanoseconds = 2e6;        ///< an answer that would take longer is for a worker
constexpr std::size_t kLongUnknown = 64 << 10;  ///< bytes of a body, while the model's speed is not known
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string_view IdOf(int status) {
  switch (status) {
    case 405:
      return "method-wrong";
    case 408:
      return "request-timeout";
    case 413:
      return "body-too-large";
    case 431:
      return "headers-too-large";
    case 503:
      return "overloaded";
    default:
      return "http-malformed";
  }
}

std::string_view MethodName(Method method) {
  constexpr std::array<std::string_view, 8> kNames{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "-"};
  return kNames[std::size_t(method)];
}

bool IsGet(Method method) { return method == Method::kGet || method == Method::kHead; }

Error WrongMethod(Method method, const std::vector<Method>& allowed, Response& response) {
  std::vector<std::string> names;
  for (const Method one : allowed) names.emplace_back(MethodName(one));
  response.headers.append("Allow: " + Join(names, ", ") + "\r\n");
  return Error(Code::kInvalidArgument, "method-wrong", "method is not served here: " + std::string(MethodName(method)))
      .Allowed(std::move(names));
}

}  // namespace

Service::Service(const Context& context, const Shelf& shelf, const Access& access, std::size_t threads,
                 const ServiceOptions& options)
    : context_(context),
      shelf_(shelf),
      access_(access),
      figures_(threads),
      options_(options),
      rate_(options.rate.requests, options.rate.seconds) {
  for (std::size_t i = 0; i < threads; ++i) desks_.push_back(std::make_unique<Desk>(context, i));
}

bool Service::AnswerNow(const Request& request, Response& response, std::size_t thread) {
  return Answer(request, response, thread, /*may_wait=*/true);
}

void Service::AnswerLater(const Request& request, Response& response, std::size_t thread) {
  static_cast<void>(Answer(request, response, thread, /*may_wait=*/false));
}

bool Service::Answer(const Request& request, Response& response, std::size_t thread, bool may_wait) {
  Desk& desk = *desks_[thread];
  if (const std::uint64_t now = shelf_.generation(); now != desk.generation) {
    desk.snapshot = shelf_.Current();
    desk.generation = now;
    desk.scorer.Forget();
  }
  if (const std::uint64_t now = access_.generation(); now != desk.keys_generation) {
    desk.keys = access_.Current();
    desk.keys_generation = now;
  }
  const auto answered = [&]() -> Result<bool> {
    try {
      return Dispatch(request, response, desk, may_wait);
    } catch (const std::bad_alloc&) {
      return Error(Code::kResourceExhausted, "memory-exhausted", "the machine has no more memory for this")
          .Do("send fewer rows at once");
    } catch (const std::exception& failure) {
      return Error(Code::kInternal, "internal", failure.what()).Do("report this message together with the request");
    }
  }();
  if (answered) return *answered;
  Fail(answered.error(), request, response);
  return true;
}

// Finds what a request is about; who may ask for it lies in the route.
void Service::Find(const Request& request, Desk& desk) const {
  Route& route = desk.route;
  FindRoute(request.path, route);
  // What is served comes first: predictions do not pay for the rest.
  const bool kept = route.resource == Resource::kModels || route.resource == Resource::kModel;
  if (admin_ == nullptr || (route.resource != Resource::kNone && !kept)) return;
  desk.admin = FindAdminRoute(request.path);
  if (desk.admin.resource == AdminResource::kNone) return;
  route.resource = Resource::kStore;
  route.scope = desk.admin.ScopeOf(request.method);
}

Result<bool> Service::Dispatch(const Request& request, Response& response, Desk& desk, bool may_wait) {
  Route& route = desk.route;
  Find(request, desk);
  TW_RETURN_IF_ERROR(MayPass(request, response, desk, may_wait));
  if (route.resource == Resource::kNone)
    return Error(Code::kNotFound, "path-unknown", "there is nothing under this path: " + Quoted(request.path))
        .Do("GET /openapi.json lists what there is");
  if (route.resource == Resource::kStore) return AskStore(request, response, desk, may_wait);
  if (route.post ? request.method != Method::kPost : !IsGet(request.method))
    return WrongMethod(request.method,
                       route.post ? std::vector{Method::kPost} : std::vector{Method::kGet, Method::kHead}, response);
  if (const std::string_view coding = request.Find("content-encoding");
      route.post && !coding.empty() && !EqualsIgnoringCase(coding, "identity"))
    return Error(Code::kInvalidArgument, "content-type", "body is compressed: " + Quoted(coding)).Do("send it plain");
  switch (route.resource) {
    case Resource::kInfer:
      return Infer(request, response, desk, may_wait);
    case Resource::kPredict:
      return Predict(request, response, desk, may_wait);
    case Resource::kExplain:
    case Resource::kWhatIf:
      return Explain(request, response, desk, may_wait);
    case Resource::kFeedback:
      return Learn(request, response, desk, may_wait);
    case Resource::kInvocations:
      return Invoke(request, response, desk, may_wait);
    default:
      break;
  }
  TW_RETURN_IF_ERROR(Describe(request, response, desk));
  return true;
}

Result<bool> Service::AskStore(const Request& request, Response& response, Desk& desk, bool may_wait) {
  const std::vector<Method> methods = desk.admin.Methods();
  if (std::find(methods.begin(), methods.end(), request.method) == methods.end())
    return WrongMethod(request.method, methods, response);
  if (may_wait) return false;
  const Admin::Caller caller{CallerOf(desk), !desk.keys->needed};
  TW_RETURN_IF_ERROR(admin_->Answer(desk.admin, request, caller, *desk.snapshot, response));
  return true;
}

/// Who asks, for the audit log.
std::string Service::CallerOf(const Desk& desk) {
  return desk.grant != nullptr ? "token " + desk.grant->name : store::MachineUser();
}

// Whether the caller may ask for this, and this often. `first`: not the second look at a request, by a worker.
Status Service::MayPass(const Request& request, Response& response, Desk& desk, bool first) {
  Scope scope = desk.route.scope;
  if (options_.metrics_public && desk.route.resource == Resource::kMetrics) scope = Scope::kOpen;
  desk.grant = scope == Scope::kOpen ? nullptr : desk.keys->Find(request);
  Status passes = desk.keys->Check(request, scope, desk.grant);
  if (!first) return passes;
  // Who shows a wrong token is counted by the address: guessing has its limit too.
  const auto caller = [&] { return desk.grant != nullptr ? "token " + desk.grant->name : AddressGroup(request.peer); };
  if (rate_.any() && scope != Scope::kOpen) {
    if (const double wait = rate_.Ask(caller(), Clock::now()); wait > 0) {
      response.headers.append(fmt::format("Retry-After: {}\r\n", std::int64_t(std::ceil(wait))));
      passes = Error(Code::kResourceExhausted, "rate-exceeded",
                     std::string("too many requests of one ") + (desk.grant != nullptr ? "token" : "address"))
                   .Do("wait as long as Retry-After says");
    }
  }
  if (!passes && refusals_ != nullptr) refusals_->Note(passes.error(), StatusOf(passes.error()), caller(), request);
  return passes;
}

Status Service::Describe(const Request& request, Response& response, Desk& desk) {
  switch (desk.route.resource) {
    case Resource::kLive:
      response.body = R"({"live":true})";
      return Ok();
    case Resource::kReady:
      response.body = R"({"ready":true})";
      return Ok();
    case Resource::kServer:
      response.body =
          std::string(R"({"name":"tagwerk","version":")") + app::kVersion + R"(","extensions":["binary_tensor_data"]})";
      return Ok();
    case Resource::kPing:
      response.content_type = "text/plain; charset=utf-8";
      response.body = "\n";
      return Ok();
    case Resource::kVersion:
      response.content_type = "text/plain; charset=utf-8";
      response.body = app::kVersion;
      return Ok();
    case Resource::kMetrics: {
      const HttpFigures now = server_ == nullptr ? HttpFigures() : server_->figures();
      response.content_type = kMetricsType;
      figures_.Write(shelf_, now.jobs, now.connections, response.body);
      if (log_ != nullptr) log_->WriteFigures(response.body);
      return Ok();
    }
    case Resource::kOpenApi:
      response.body = DumpJson(OpenApi(*desk.snapshot, desk.keys->needed, admin_ != nullptr));
      return Ok();
    case Resource::kModels: {  // where there is no store
      TW_TRY(const Page page, ReadPage(request.query));
      ListCatalogue({}, *desk.snapshot, page, response);
      return Ok();
    }
    case Resource::kModel: {
      VersionWanted wanted{desk.route.name, desk.route.version, ""};
      if (wanted.number.empty()) QueryValue(request.query, "alias", wanted.alias);
      return ShowVersion({}, *desk.snapshot, wanted, response);
    }
    default:
      break;
  }
  TW_TRY(const ServedModelPtr model, ModelOf(request, desk));
  response.model = model->serial();
  if (desk.route.resource == Resource::kModelReady) {
    response.body = "{\"name\":";
    AppendQuoted(model->name(), response.body);
    response.body += ",\"ready\":true}";
    return Ok();
  }
  std::vector<std::string> versions;
  for (const auto& [number, held] : desk.snapshot->models.find(model->name())->second.versions)
    versions.push_back(std::to_string(number));
  WriteMetadata(*model, versions, response.body);
  return Ok();
}

Result<ServedModelPtr> Service::ModelOf(const Request& request, Desk& desk) const {
  std::string alias;
  if (!request.query.empty() && desk.route.version.empty()) QueryValue(request.query, "alias", alias);
  return desk.snapshot->Find(desk.route.name, desk.route.version, alias);
}

bool Service::TakesLong(const ServedModel& model, const Request& request) const {
  const double cost = model.nanoseconds_per_byte();
  return cost == 0 ? request.body.size() > kLongUnknown : cost * double(request.body.size()) > kLongNanoseconds;
}

void Service::Refuse(int status, std::string_view reason, const Request& request, Response& response) {
  const Error error(Code::kInvalidArgument, std::string(IdOf(status)), std::string(reason));
  Fail(error, request, response, status);
  if (status == 405) response.headers.append("Allow: GET, HEAD, POST\r\n");
}

void Service::Answered(const Request& request, const Response& response, double seconds, std::size_t thread) {
  figures_.Count(response, seconds, thread);
  if (!options_.log_access) return;
  context_.Log(Level::kInfo, "access",
               fmt::format("{} {} {} {} {} bytes {} us {}", request.peer, MethodName(request.method),
                           Printable(request.path, 200), response.status, response.body.size(),
                           std::int64_t(seconds * 1e6), request.id));
}

}  // namespace tagwerk::serve
