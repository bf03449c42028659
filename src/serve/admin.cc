#include "serve/admin.h"

#include <cmath>
#include <limits>

#include "app/registry.h"
#include "app/store_items.h"
#include "base/text.h"
#include "serve/catalogue.h"
#include "serve/json_body.h"
#include "serve/page.h"
#include "serve/problem.h"
#include "serve/table_body.h"
#include "store/audit.h"
#include "store/deployments.h"
#include "store/models.h"
#include "store/tokens.h"
#include "store/upkeep.h"
#include "table/time_text.h"

namespace tagwerk::serve {
namespace {

constexpr double kMostVersion = 9e15;  ///< whole numbers beyond are not exact in JSON

/// Reads a body that is an object with these members and no others. An empty body is an empty object.
Result<Json> ReadObject(const Request& request, const std::vector<std::string>& members) {
  if (FormOfType(request.Find("content-type")) != BodyForm::kJson)
    return Error(Code::kInvalidArgument, "content-type", "body has a type that is not read here")
        .Allowed({"application/json"});
  if (request.body.empty()) return Json(Json::object());
  const auto body = ParseJson(request.body, "body");
  if (!body) return Malformed(body.error().message());
  if (!body->is_object()) return Malformed("the body is an object");
  for (const auto& [name, value] : body->items())
    if (std::find(members.begin(), members.end(), name) == members.end())
      return Malformed("member is not known: " + Quoted(name)).Similar(SimilarNames(name, members)).Allowed(members);
  return *body;
}

Result<std::string> TextMember(const Json& body, const char* name) {
  if (!body.contains(name) || body[name].is_null()) return std::string();
  if (!body[name].is_string()) return Malformed(std::string(name) + " is a text");
  return body[name].get<std::string>();
}

/// Which change of the alias the caller has seen: If-Match with an entity tag, If-None-Match: * for a new one.
Result<std::optional<std::int64_t>> ExpectedChange(const Request& request) {
  if (request.Find("if-none-match") == "*") return std::optional<std::int64_t>(0);
  std::string_view tag = Trim(request.Find("if-match"));
  if (tag.empty())
    return Error(Code::kFailedPrecondition, "if-match-missing",
                 "an alias is changed on condition that it is as it was seen")
        .In("If-Match header")
        .Do("If-Match: the ETag of GET on this path; If-None-Match: * for a new alias");
  if (tag == "*") return std::optional<std::int64_t>();
  const bool quoted = tag.size() > 2 && tag.front() == '"' && tag.back() == '"';
  const auto number = quoted ? ParseWhole(tag.substr(1, tag.size() - 2)) : std::nullopt;
  // Any other tag is that of no state there ever was.
  return std::optional<std::int64_t>(number.value_or(std::numeric_limits<std::int64_t>::max()));
}

Status ListTokens(store::Store& store, const Page& page, Response& response) {
  TW_TRY(const auto tokens, store::ListTokens(store));  // by name
  Json items = Json::array(), next;
  for (const store::TokenFacts& facts : tokens) {
    if (!page.cursor.empty() && facts.name <= page.cursor) continue;
    if (std::int64_t(items.size()) == page.limit) {
      next = items.back()["name"];
      break;
    }
    items.push_back(app::TokenItem(facts, UnixNow()));
  }
  WritePage(std::move(items), std::move(next), response);
  return Ok();
}

Status ListAudit(store::Store& store, const Page& page, Response& response) {
  const std::int64_t before =
      page.cursor.empty() ? std::numeric_limits<std::int64_t>::max() : ParseWhole(page.cursor).value_or(0);
  TW_TRY(const auto lines, store::ReadAudit(store, before, page.limit + 1));
  Json items = Json::array(), next;
  for (const store::AuditLine& line : lines) {
    if (std::int64_t(items.size()) == page.limit) {
      next = std::to_string(items.back()["number"].get<std::int64_t>());
      break;
    }
    items.push_back({{"number", line.number},
                     {"at", line.at},
                     {"actor", line.actor},
                     {"action", line.action},
                     {"object", line.object},
                     {"detail", line.detail}});
  }
  WritePage(std::move(items), std::move(next), response);
  return Ok();
}

Status ListDeployments(store::Store& store, const std::string& model, Response& response) {
  TW_TRY(const auto deployments, store::ListDeployments(store, model));
  if (deployments.empty()) TW_RETURN_IF_ERROR(store::AliasHistory(store, model));  // says that there is no such model
  Json items = Json::array();
  for (const store::DeploymentFacts& facts : deployments)
    items.push_back({{"number", facts.number},
                     {"model", facts.model},
                     {"version", facts.version},
                     {"route", facts.route},
                     {"share", facts.share},
                     {"state", facts.state},
                     {"started_at", facts.started_at},
                     {"ended_at", app::TextOrNull(facts.ended_at)},
                     {"reason", app::TextOrNull(facts.reason)}});
  WritePage(std::move(items), nullptr, response);
  return Ok();
}

Status Remove(store::Store& store, const AdminRoute& route, const std::string& actor, Response& response) {
  const auto version = ParseWhole(route.part);
  if (!version || *version < 1)
    return Error(Code::kNotFound, "version-not-found", "model has no such version: " + Quoted(route.part))
        .In(route.name);
  TW_RETURN_IF_ERROR(store::DeleteVersion(store, {route.name, "", *version}, actor));
  response.body = DumpJson(Json{{"name", route.name}, {"version", *version}, {"deleted", true}});
  return Ok();
}

}  // namespace

Status Admin::Answer(const AdminRoute& route, const Request& request, const Caller& caller, const Snapshot& snapshot,
                     Response& response) {
  if (request.method == Method::kGet || request.method == Method::kHead) {
    if (IsFile(route.resource)) return Send(route, response);
    return Look(route, request, snapshot, response);
  }
  const bool gives_token = route.resource == AdminResource::kTokens;
  if (gives_token && caller.open)
    return Error(Code::kFailedPrecondition, "first-token", "the first token is given out by the command, not over HTTP")
        .Do("tagwerk store tokens add NAME --scope admin");
  TW_TRY(auto store, gives_token ? writer_.Get() : writer_.GetIfThere());
  if (!store) {  // an empty one says what is missing
    TW_TRY(store, store::Store::Open(reader_.location(), store::Access::kRead));
  }
  switch (route.resource) {
    case AdminResource::kAlias:
      return PutAlias(*store, route, request, caller, response);
    case AdminResource::kRollback:
      if (!store->exists()) return RollBack(*store, route, request, caller, response);  // says what is missing
      return once_.Once(request, caller.name, response,
                        [&] { return RollBack(*store, route, request, caller, response); });
    case AdminResource::kVersion:
      return Remove(*store, route, caller.name, response);
    case AdminResource::kRun:
      return RemoveRun(*store, route, caller.name, response);
    case AdminResource::kTokens:
      return once_.Once(request, caller.name, response, [&] { return AddToken(*store, request, caller, response); });
    default:
      TW_RETURN_IF_ERROR(store::RevokeToken(*store, route.name, caller.name));
      response.body = DumpJson(Json{{"name", route.name}, {"state", "revoked"}});
      return Ok();
  }
}

Status Admin::RollBack(store::Store& store, const AdminRoute& route, const Request& request, const Caller& caller,
                       Response& response) const {
  TW_TRY(const Json body, ReadObject(request, {"reason"}));
  TW_TRY(const std::string reason, TextMember(body, "reason"));
  if (route.part != "champion")
    return Error(Code::kInvalidArgument, "option-value", "only the champion is rolled back, not " + Quoted(route.part))
        .Allowed({"champion"});
  TW_RETURN_IF_ERROR(store::RollBack(store, route.name, reason, caller.name));
  return ShowAlias(store, route, response);
}

Status Admin::Look(const AdminRoute& route, const Request& request, const Snapshot& snapshot, Response& response) {
  TW_TRY(const Page page, ReadPage(request.query));
  const std::lock_guard lock(mutex_);
  TW_TRY(store::Store * store, reader_.GetOrEmpty());
  switch (route.resource) {
    case AdminResource::kModels: {
      TW_TRY(const Versions registry, store::ListVersions(*store));
      ListCatalogue(registry, snapshot, page, response);
      return Ok();
    }
    case AdminResource::kModel:
    case AdminResource::kVersion: {
      VersionWanted wanted{route.name, route.part, ""};
      if (route.part.empty()) QueryValue(request.query, "alias", wanted.alias);
      TW_TRY(const Versions registry, store::ListVersions(*store, route.name));
      return ShowVersion(registry, snapshot, wanted, response);
    }
    case AdminResource::kRuns:
      return ListRuns(*store, request.query, page, response);
    case AdminResource::kRun:
    case AdminResource::kRunFiles:
    case AdminResource::kLeaderboard:
      return ShowRun(*store, route, page, response);
    case AdminResource::kTokens:
      return ListTokens(*store, page, response);
    case AdminResource::kAudit:
      return ListAudit(*store, page, response);
    case AdminResource::kDeployments:
      return ListDeployments(*store, route.name, response);
    case AdminResource::kStore: {
      TW_TRY(const Json facts, store::StoreFacts(*store));
      response.body = DumpJson(facts);
      return Ok();
    }
    case AdminResource::kLearners:
      WritePage(app::LearnerItems(), nullptr, response);
      return Ok();
    default:
      return ShowAlias(*store, route, response);
  }
}

Status Admin::Send(const AdminRoute& route, Response& response) {
  StoredFile file;
  {
    const std::lock_guard lock(mutex_);  // not while a large file is read
    TW_TRY(store::Store * store, reader_.GetOrEmpty());
    TW_TRY(file, FindStoredFile(*store, route));
  }
  return SendFile(file, response);
}

Status Admin::ShowAlias(store::Store& store, const AdminRoute& route, Response& response) const {
  // The number first: an alias that moves in between is then told with a tag that no longer holds.
  TW_TRY(const std::int64_t number, store::AliasNumber(store, route.name, route.part));
  TW_TRY(const store::VersionFacts version, store::FindVersion(store, {route.name, route.part, {}}));
  response.headers.append("ETag: \"" + std::to_string(number) + "\"\r\n");
  response.body = DumpJson(Json{{"name", version.model},
                                {"alias", route.part},
                                {"version", version.version},
                                {"sha256", version.sha256},
                                {"run", app::TextOrNull(version.run)}});
  return Ok();
}

Status Admin::PutAlias(store::Store& store, const AdminRoute& route, const Request& request, const Caller& caller,
                       Response& response) const {
  TW_TRY(const Json body, ReadObject(request, {"version", "reason", "force"}));
  const double version = body.contains("version") && body["version"].is_number() ? body["version"].get<double>() : 0;
  if (version < 1 || std::floor(version) != version) return Malformed("version is a whole number from 1 on");
  if (version > kMostVersion)
    return Error(Code::kNotFound, "version-not-found", "model has no such version").In(route.name);
  if (body.contains("force") && !body["force"].is_boolean()) return Malformed("force is true or false");
  app::PromotionRequest promotion;
  promotion.version = {route.name, "", std::int64_t(version)};
  promotion.alias = route.part;
  promotion.actor = caller.name;
  promotion.force = body.value("force", false);
  TW_TRY(promotion.reason, TextMember(body, "reason"));
  TW_TRY(promotion.expected, ExpectedChange(request));
  TW_TRY(const app::Promotion done, app::PromoteVersion(context_, place_, store, promotion));
  if (done.promoted) return ShowAlias(store, route, response);
  const Error refused = Error(Code::kFailedPrecondition, "gate-failed",
                              "the gate says no: " + Quoted(route.name + ":" + std::to_string(done.version.version)))
                            .Do("send \"force\": true with a reason");
  Fail(refused, request, response);
  Json problem = *ParseJson(response.body, "");
  problem["gate"] = done.gate;
  response.body = DumpJson(problem);
  return Ok();
}

Status Admin::AddToken(store::Store& store, const Request& request, const Caller& caller, Response& response) const {
  TW_TRY(const Json body, ReadObject(request, {"name", "scopes", "expires_at"}));
  TW_TRY(const std::string name, TextMember(body, "name"));
  TW_TRY(const std::string expires, TextMember(body, "expires_at"));
  std::vector<std::string> words;
  const Json scopes = body.contains("scopes") ? body["scopes"] : Json();
  if (!scopes.is_array() || scopes.empty()) return Malformed("scopes is a list of predict, read and admin");
  for (const Json& scope : scopes) {
    if (!scope.is_string()) return Malformed("scopes is a list of predict, read and admin");
    words.push_back(scope.get<std::string>());
  }
  TW_TRY(const std::uint8_t bits, store::ParseScopes(Join(words, ",")));
  std::optional<double> until;
  if (const auto time = table::ParseTime(Trim(expires), table::DateOrder::kYearFirst))
    until = double(time->microseconds) / 1e6;
  if (!expires.empty() && !(until > UnixNow())) return Malformed("expires_at is a time to come: 2026-11-22T08:00:01Z");
  TW_TRY(const std::string token, store::AddToken(store, name, bits, until, caller.name));
  response.status = 201;
  response.body = DumpJson(Json{{"name", name},
                                {"token", token},
                                {"scopes", SplitList(store::ScopeNames(bits))},
                                {"expires_at", until ? Json(UtcTime(*until)) : Json()}});
  return Ok();
}

}  // namespace tagwerk::serve
