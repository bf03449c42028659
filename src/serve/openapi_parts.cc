#include "serve/openapi_parts.h"

#include <utility>

namespace tagwerk::serve {

Json JsonContent(const char* type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }

Json TextSchema() { return {{"type", "string"}}; }
Json MaybeText() { return {{"type", {"string", "null"}}}; }
Json WholeSchema() { return {{"type", "integer"}}; }

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

Json PageParameters() {
  return {{{"name", "limit"},
           {"in", "query"},
           {"schema", {{"type", "integer"}, {"minimum", 1}, {"maximum", 500}, {"default", 50}}}},
          {{"name", "cursor"}, {"in", "query"}, {"schema", TextSchema()}}};
}

Json Operation(const char* summary, const char* id, const char* good, Json schema, std::vector<Extra> extra) {
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

Json FileOperation(const char* summary, const char* id, const std::vector<const char*>& types) {
  Json operation = Operation(summary, id, "200", Json::object(), {kAbsent, kLarge});
  Json content = Json::object();
  for (const char* type : types) content[type] = {{"schema", Json::object()}};
  operation["responses"]["200"]["content"] = std::move(content);
  return operation;
}

Json IdempotencyParameter() {
  return {
      {"name", "Idempotency-Key"},
      {"in", "header"},
      {"description", "Sent again with the same body within 24 h, the request is answered as before and not repeated"},
      {"schema", {{"type", "string"}, {"pattern", "^[A-Za-z0-9._:-]{1,128}$"}}}};
}

}  // namespace tagwerk::serve
