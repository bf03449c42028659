// What the store holds, in the description of the interface.
#include "serve/openapi.h"
#include "serve/openapi_parts.h"

namespace tagwerk::serve {
namespace {

Json WithBody(Json operation, Json schema, bool required) {
  operation["requestBody"] = {{"required", required}, {"content", JsonContent("application/json", std::move(schema))}};
  return operation;
}

Json Closed(Json object) {
  object["additionalProperties"] = false;
  return object;
}

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
                            {kConflict, kLarge, kType, kReused}),
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
  DescribeCatalogue(paths);
  paths["/v1/models/{name}/versions/{version}"]["delete"] =
      Operation("Take a version out of the registry", "version.delete", "200",
                ObjectOf({{"name", TextSchema()}, {"version", WholeSchema()}, {"deleted", {{"const", true}}}}),
                {kAbsent, kConflict, kLarge});
  paths["/v1/models/{name}/aliases/{alias}"] = {
      {"parameters", {name, PathParameter("alias")}},
      {"get", Operation("The version that an alias names; its ETag changes with it", "alias", "200", AliasSchema(),
                        {kAbsent})},
      {"put", PutAliasOperation()}};
  Json champion = PathParameter("alias");
  champion["schema"] = {{"enum", {"champion"}}};
  paths["/v1/models/{name}/aliases/{alias}/rollback"] = {
      {"parameters", {name, std::move(champion), IdempotencyParameter()}},
      {"post", WithBody(Operation("Make the version before champion again", "alias.rollback", "200", AliasSchema(),
                                  {kAbsent, kConflict, kLarge, kType, kReused}),
                        Closed({{"type", "object"}, {"properties", {{"reason", MaybeText()}}}}), false)}};
  Json deployments = Operation("Which versions answered when, newest first", "deployments", "200",
                               PageOf({{"type", "object"}}), {kAbsent});
  paths["/v1/deployments/{name}"] = {{"parameters", {name}}, {"get", std::move(deployments)}};
  Json tokens = Operation("The tokens by name", "tokens", "200", PageOf(TokenSchema()));
  tokens["parameters"] = PageParameters();
  Json add = AddTokenOperation();
  add["parameters"] = Json::array({IdempotencyParameter()});
  paths["/v1/tokens"] = {{"get", std::move(tokens)}, {"post", std::move(add)}};
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
  audit["parameters"] = PageParameters();
  paths["/v1/audit"] = {{"get", std::move(audit)}};
}

}  // namespace tagwerk::serve
