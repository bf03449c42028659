#include "serve/problem.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/json.h"
#include "base/text.h"

namespace tagwerk::serve {
namespace {

struct StatusOfId {
  std::string_view id;
  int status;
};
/// Ids whose status is not that of their code.
constexpr std::array<StatusOfId, 14> kStatuses{{{"alias-moved", 412},
                                                {"if-match-missing", 428},
                                                {"token-wrong", 401},
                                                {"scope-missing", 403},
                                                {"host-foreign", 403},
                                                {"origin-foreign", 403},
                                                {"method-wrong", 405},
                                                {"content-type", 415},
                                                {"accept-wrong", 406},
                                                {"rate-exceeded", 429},
                                                {"too-many-rows", 413},
                                                {"file-too-large", 413},
                                                {"explain-too-long", 413},
                                                {"memory-exhausted", 503}}};

std::string TitleOf(std::string id) {
  std::replace(id.begin(), id.end(), '-', ' ');
  return id;
}

/// What, where and what to do in one line.
std::string LineOf(const Error& error) {
  std::string line = error.message();
  if (error.where().row) line += ", row " + std::to_string(*error.where().row);
  if (!error.where().column.empty()) line += ", column " + Quoted(error.where().column);
  for (const std::string& remedy : error.remedies()) line += "; " + remedy;
  return line;
}

Json ProblemOf(const Error& error, int status, const Request& request) {
  const Json told = ErrorJson(error);
  Json out;
  out["type"] = "/errors/" + error.id();
  out["title"] = TitleOf(error.id());
  out["status"] = status;
  out["detail"] = error.message();
  out["instance"] = std::string(request.path);
  out["code"] = told["code"];
  out["where"] = told["where"];
  if (Json& file = out["where"]["file"]; file.is_string()) {  // where it lies on this machine is nobody's business
    const std::string path = file.get<std::string>();
    file = path.substr(path.rfind('/') + 1);
  }
  out["similar"] = told["similar"];
  out["allowed"] = told["allowed"];
  out["do"] = told["do"];
  out["request_id"] = request.id;
  out["errors"] = told["causes"];
  return out;
}

}  // namespace

Form FormOf(std::string_view path) {
  if (path == "/v2" || path.starts_with("/v2/")) return Form::kInference;
  if (path == "/invocations") return Form::kMlflow;
  return Form::kProblem;
}

int StatusOf(const Error& error) {
  for (const StatusOfId& entry : kStatuses)
    if (entry.id == error.id()) return entry.status;
  return ErrorMapOf(error.code()).http_status;
}

void Fail(const Error& error, const Request& request, Response& response, int status) {
  response.body.clear();
  response.status = status != 0 ? status : StatusOf(error);
  response.content_type = "application/json";
  const Form form = FormOf(request.path);
  if (form == Form::kInference) {
    if (response.status == 422) response.status = 400;  // the protocol knows no other for a bad request
    response.body = DumpJson(Json{{"error", LineOf(error)}});
  } else if (form == Form::kMlflow) {
    const bool client = response.status >= 400 && response.status < 500;
    if (response.status == 422) response.status = 400;
    response.body =
        DumpJson(Json{{"error_code", client ? "BAD_REQUEST" : "INTERNAL_ERROR"}, {"message", LineOf(error)}});
  } else {
    response.content_type = "application/problem+json";
    response.body = DumpJson(ProblemOf(error, response.status, request));
  }
  if (response.status == 401) response.headers.append("WWW-Authenticate: Bearer\r\n");
  if (response.status == 503) response.headers.append("Retry-After: 1\r\n");
}

}  // namespace tagwerk::serve
