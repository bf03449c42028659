// What the store holds, in the description of the interface.
#include "serve/openapi.h"

namespace tagwerk::serve {
namespace {

Json TextSchema() { return {{"type", "string"}}; }
Json MaybeText() { return {{"type", {"string", "null"}}}; }
Json WholeSchema() { return {{"type", "integer"}}; }

Json JsonContent(const char* type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }

Json ObjectOf(Json properties) {
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  return {{"type", "object"}, {"required", std::move(required)}, {"properties", std::move(properties)}};
}

Json PageOf(Json item) {
  return ObjectOf({{"items", {{"type", "array"}, {"items", std::move(item)}}}, {"next_cursor", MaybeText()}});
}

Json PathParameter(const char* name) {
  return {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}, {"minLength", 1}}}};
}

Json QueryParameters() {
  return {{{"name", "limit"},
           {"in", "query"},
           {"schema", {{"type", "integer"}, {"minimum", 1}, {"maximum", 500}, {"default", 50}}}},
          {{"name", "cursor"}, {"in", "query"}, {"schema", TextSchema()}}};
}

struct Extra {
  const char* status;
  const char* description;
};

/// One operation; every one may also be refused as all are.
Json Operation(const char* summary, const char* id, const char* good, Json schema, std::vector<Extra> extra = {}) {
  Json responses = {
      {good, {{"description", summary}, {"content", JsonContent("application/json", std::move(schema))}}}};
  const Json problem = JsonContent("application/problem+json", {{"$ref", "#/components/schemas/Problem"}});
  extra.insert(extra.end(), {{"400", "The request is malformed"},
                             {"401", "The token is missing or unknown"},
                             {"403", "The token lacks the scope, or the caller is foreign"},
                             {"429", "Too many requests of one token or address"},
                             {"503", "Too many requests are worked on"},
                             {"507", "The store cannot be written now"}});
  for (const Extra& one : extra) responses[one.status] = {{"description", one.description}, {"content", problem}};
  return {{"summary", summary}, {"operationId", id}, {"responses", std::move(responses)}};
}

Json WithBody(Json operation, Json schema, bool required) {
  operation["requestBody"] = {{"required", required}, {"content", JsonContent("application/json", std::move(schema))}};
  return operation;
}

Json Closed(Json object) {
  object["additionalProperties"] = false;
  return object;
}

constexpr Extra kAbsent{"404", "There is no such thing"};
constexpr Extra kConflict{"409", "Its state does not allow this"};
constexpr Extra kLarge{"413", "The body is too large"};
constexpr Extra kType{"415", "The body has a type that is not read"};

Json AliasSchema() {
  return ObjectOf({{"name", TextSchema()},
                   {"alias", TextSchema()},
                   {"version", WholeSchema()},
                   {"sha256", TextSchema()},
                   {"run", MaybeText()}});
}

/// Against the gate there must be a reason.
Json Promotion(Json force, Json reason, Json required) {
  return Closed({{"type", "object"},
                 {"required", std::move(required)},
                 {"properties",
                  {{"version", {{"type", "integer"}, {"minimum", 1}}},
                   {"reason", std::move(reason)},
                   {"force", std::move(force)}}}});
}

Json PutAliasOperation() {
  Json put = WithBody(
      Operation("Move an alias to a version", "alias.put", "200", AliasSchema(),
                {kAbsent,
                 kConflict,
                 kLarge,
                 kType,
                 {"412", "The alias was moved meanwhile"},
                 {"428", "If-Match is missing"}}),
      {{"oneOf",
        {Promotion({{"const", false}}, MaybeText(), {"version"}),
         Promotion({{"const", true}}, {{"type", "string"}, {"pattern", "[^ ]"}}, {"version", "force", "reason"})}}},
      true);
  put["parameters"] = {{{"name", "If-Match"},
                        {"in", "header"},
                        {"required", true},
                        {"description", "The ETag of GET on this path; \"0\" where the alias is new; * in any case"},
                        {"schema", {{"type", "string"}, {"pattern", "^(\\*|\"[0-9]{1,18}\")$"}}}}};
  return put;
}

Json TokenSchema() {
  return ObjectOf({{"name", TextSchema()},
                   {"scopes", {{"type", "array"}, {"items", TextSchema()}}},
                   {"state", TextSchema()},
                   {"created_at", TextSchema()},
                   {"expires_at", MaybeText()},
                   {"revoked_at", MaybeText()}});
}

Json AddTokenOperation() {
  const Json scopes = {{"type", "array"}, {"minItems", 1}, {"items", {{"enum", {"predict", "read", "admin"}}}}};
  return WithBody(Operation("Give out a token; it is shown once", "tokens.add", "201",
                            ObjectOf({{"name", TextSchema()},
                                      {"token", TextSchema()},
                                      {"scopes", {{"type", "array"}, {"items", TextSchema()}}},
                                      {"expires_at", MaybeText()}}),
                            {kConflict, kLarge, kType}),
                  Closed({{"type", "object"},
                          {"required", {"name", "scopes"}},
                          {"properties",
                           {{"name", {{"type", "string"}, {"minLength", 1}, {"maxLength", 64}}},
                            {"scopes", scopes},
                            {"expires_at", {{"type", {"string", "null"}}, {"format", "date-time"}}}}}}),
                  true);
}

}  // namespace

void DescribeStore(Json& paths) {
  const Json name = PathParameter("name");
  paths["/v1/models/{name}/versions/{version}"] = {
      {"parameters", {name, PathParameter("version")}},
      {"get", Operation("What a version is, while it is served", "version", "200", {{"type", "object"}}, {kAbsent})},
      {"delete",
       Operation("Take a version out of the registry", "version.delete", "200",
                 ObjectOf({{"name", TextSchema()}, {"version", WholeSchema()}, {"deleted", {{"const", true}}}}),
                 {kAbsent, kConflict, kLarge})}};
  paths["/v1/models/{name}/aliases/{alias}"] = {
      {"parameters", {name, PathParameter("alias")}},
      {"get", Operation("The version that an alias names; its ETag changes with it", "alias", "200", AliasSchema(),
                        {kAbsent})},
      {"put", PutAliasOperation()}};
  Json champion = PathParameter("alias");
  champion["schema"] = {{"enum", {"champion"}}};
  paths["/v1/models/{name}/aliases/{alias}/rollback"] = {
      {"parameters", {name, std::move(champion)}},
      {"post", WithBody(Operation("Make the version before champion again", "alias.rollback", "200", AliasSchema(),
                                  {kAbsent, kConflict, kLarge, kType}),
                        Closed({{"type", "object"}, {"properties", {{"reason", MaybeText()}}}}), false)}};
  Json deployments = Operation("Which versions answered when, newest first", "deployments", "200",
                               PageOf({{"type", "object"}}), {kAbsent});
  paths["/v1/deployments/{name}"] = {{"parameters", {name}}, {"get", std::move(deployments)}};
  Json tokens = Operation("The tokens by name", "tokens", "200", PageOf(TokenSchema()));
  tokens["parameters"] = QueryParameters();
  paths["/v1/tokens"] = {{"get", std::move(tokens)}, {"post", AddTokenOperation()}};
  paths["/v1/tokens/{name}"] = {
      {"parameters", {name}},
      {"delete", Operation("Revoke a token", "token.revoke", "200",
                           ObjectOf({{"name", TextSchema()}, {"state", TextSchema()}}), {kAbsent, kLarge})}};
  Json audit = Operation("Who did what, newest first", "audit", "200",
                         PageOf(ObjectOf({{"number", WholeSchema()},
                                          {"at", TextSchema()},
                                          {"actor", TextSchema()},
                                          {"action", TextSchema()},
                                          {"object", TextSchema()},
                                          {"detail", Json::object()}})));
  audit["parameters"] = QueryParameters();
  paths["/v1/audit"] = {{"get", std::move(audit)}};
}

}  // namespace tagwerk::serve
