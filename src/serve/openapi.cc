#include "serve/openapi.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/version.h"
#include "serve/feedback.h"
#include "serve/http.h"
#include "serve/openapi_parts.h"
#include "serve/rows.h"

namespace tagwerk::serve {
namespace {

Json Ref(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json Content(const std::string& type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }

Json Answer(const std::string& description, Json schema, const std::string& type = "application/json") {
  return {{"description", description}, {"content", Content(type, std::move(schema))}};
}

/// The answers that each request may get beside its own.
Json Answers(Json good, bool inference, bool post) {
  const std::string type = inference ? "application/json" : "application/problem+json";
  const Json schema = Ref(inference ? "InferenceError" : "Problem");
  Json out = {{"200", std::move(good)}};
  std::vector<std::pair<const char*, const char*>> faults{
      {"400", "The request is malformed"},
      {"401", "The token is missing or unknown"},
      {"403", "The token lacks the scope, or the caller is foreign"},
      {"404", "There is no such model"},
      {"429", "Too many requests of one token or address"}};
  if (post) {
    faults.insert(faults.end(), {{"413", "The body or the number of rows is too large"},
                                 {"415", "The body has a type that is not read"},
                                 {"503", "Too many requests are worked on"}});
    if (!inference) faults.insert(faults.end() - 1, {"422", "A value has another type than in training"});
  }
  for (const auto& [status, description] : faults) out[status] = Answer(description, schema, type);
  return out;
}

Json CellSchema(const ServedInput& input) {
  switch (input.field.type) {
    case table::SemanticType::kNumeric:
      return {{"type", {"number", "null"}}};
    case table::SemanticType::kBoolean:
      return {{"type", {"boolean", "string", "number", "null"}}};
    case table::SemanticType::kDatetime:
      return {{"type", {"string", "null"}}, {"format", "date-time"}};
    default:
      return {{"type", {"string", "number", "boolean", "null"}}};
  }
}

Json ValueSchema(const ServedOutput& output) {
  if (output.datatype == "INT64") return {{"type", "integer"}};
  if (output.datatype == "BOOL") return {{"type", "boolean"}};
  if (output.datatype == "BYTES") return {{"type", "string"}};
  return {{"type", {"number", "null"}}};
}

Json RowSchema(const ServedModel& model) {
  Json properties = Json::object();
  for (const ServedInput& input : model.inputs()) properties[input.name] = CellSchema(input);
  return {{"type", "object"}, {"properties", properties}};
}

Json RowsSchema(const ServedModel& model) {
  const Json list = {{"type", "array"}, {"minItems", 1}, {"maxItems", kMostRows}, {"items", RowSchema(model)}};
  const Json envelope = {{"type", "object"},
                         {"required", {"rows"}},
                         {"additionalProperties", false},
                         {"properties",
                          {{"rows", list},
                           {"reasons", {{"type", "integer"}, {"minimum", 0}, {"maximum", 30}}},
                           {"level", {{"type", "number"}, {"exclusiveMinimum", 0}, {"exclusiveMaximum", 1}}},
                           {"id", {{"type", "string"}}}}}};
  return {{"anyOf", {list, envelope}}};
}

Json PredictionsSchema(const ServedModel& model) {
  Json properties = {{"prediction_id", {{"type", "string"}}}};
  Json required = {"prediction_id"};
  for (const ServedOutput& output : model.outputs()) {
    properties[output.name] = ValueSchema(output);
    required.push_back(output.name);
  }
  const Json warning = {
      {"type", "object"},
      {"required", {"id", "column", "rows"}},
      {"properties",
       {{"id", {{"type", "string"}}}, {"column", {{"type", "string"}}}, {"rows", {{"type", "integer"}}}}}};
  return {{"type", "object"},
          {"required", {"schema", "model", "version", "request_id", "predictions", "warnings"}},
          {"properties",
           {{"schema", {{"const", "tagwerk.predictions/1"}}},
            {"model", {{"type", "string"}}},
            {"version", {{"type", "integer"}}},
            {"request_id", {{"type", "string"}}},
            {"predictions",
             {{"type", "array"}, {"items", {{"type", "object"}, {"required", required}, {"properties", properties}}}}},
            {"warnings", {{"type", "array"}, {"items", warning}}}}}};
}

Json TensorSchema(const ServedInput& input) {
  Json cell = input.datatype == "FP64"   ? Json{{"type", {"number", "null"}}}
              : input.datatype == "BOOL" ? Json{{"type", {"boolean", "null"}}}
                                         : Json{{"type", {"string", "null"}}};
  if (input.field.type == table::SemanticType::kDatetime) cell["format"] = "date-time";
  return {{"type", "object"},
          {"required", {"name", "shape", "datatype", "data"}},
          {"properties",
           {{"name", {{"const", input.name}}},
            {"shape", {{"const", {1}}}},
            {"datatype", {{"const", input.datatype}}},
            {"data", {{"type", "array"}, {"minItems", 1}, {"maxItems", 1}, {"items", cell}}}}}};
}

/// One row as a tensor for each column: longer ones are read too, but a schema cannot tie lengths together.
Json InferSchema(const ServedModel& model) {
  Json tensors = Json::array();
  for (const ServedInput& input : model.inputs()) tensors.push_back(TensorSchema(input));
  return {{"type", "object"},
          {"required", {"inputs"}},
          {"properties",
           {{"id", {{"type", "string"}}},
            {"inputs",
             {{"type", "array"},
              {"prefixItems", tensors},
              {"items", false},
              {"minItems", tensors.size()},
              {"maxItems", tensors.size()}}}}}};
}

Json InferAnswerSchema() {
  const Json output = {{"type", "object"},
                       {"required", {"name", "datatype", "shape"}},
                       {"properties",
                        {{"name", {{"type", "string"}}},
                         {"datatype", {{"type", "string"}}},
                         {"shape", {{"type", "array"}, {"items", {{"type", "integer"}}}}},
                         {"data", {{"type", "array"}}}}}};
  return {{"type", "object"},
          {"required", {"model_name", "model_version", "outputs"}},
          {"properties",
           {{"model_name", {{"type", "string"}}},
            {"model_version", {{"type", "string"}}},
            {"id", {{"type", "string"}}},
            {"outputs", {{"type", "array"}, {"items", output}}}}}};
}

Json Get(const std::string& summary, const std::string& id, Json good, bool inference, bool open) {
  Json out = {{"summary", summary}, {"operationId", id}, {"responses", Answers(std::move(good), inference, false)}};
  if (open) out["security"] = Json::array();
  return {{"get", out}};
}

Json Post(const std::string& summary, const std::string& id, Json body, Json good, bool inference) {
  return {{"post",
           {{"summary", summary},
            {"operationId", id},
            {"requestBody", {{"required", true}, {"content", Content("application/json", std::move(body))}}},
            {"responses", Answers(std::move(good), inference, true)}}}};
}

std::string PathText(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool plain = IsAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// Rows that are explained: fewer than are predicted, for the sake of who tries.
void DescribeExplaining(const std::string& path, const std::string& name, const ServedModel& model, Json& paths) {
  Json some = {{"type", "array"}, {"minItems", 1}, {"items", RowSchema(model)}}, one = some;
  one["maxItems"] = 1;
  const Json rows = {
      {"type", "object"},
      {"required", {"rows"}},
      {"additionalProperties", false},
      {"properties", {{"rows", some}, {"top", {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}}}}}};
  Json columns = Json::object();
  for (const ServedInput& input : model.inputs()) columns[input.name] = CellSchema(input);
  const Json changed = {{"type", "object"},
                        {"required", {"rows", "changes"}},
                        {"additionalProperties", false},
                        {"properties",
                         {{"rows", one},
                          {"changes",
                           {{"type", "object"},
                            {"minProperties", 1},
                            {"additionalProperties", false},
                            {"properties", std::move(columns)}}}}}};
  const Json explanation = {{"type", "object"}, {"required", {"schema", "model", "version", "method"}}};
  paths["/v1/models/" + path + "/explain"] =
      Post("Why rows are predicted so by " + name, "explain." + path, {{"anyOf", {some, rows}}},
           Answer("Contributions of the columns (tagwerk.explanation/1)", explanation), false);
  paths["/v1/models/" + path + "/whatif"] =
      Post("What changes would do to one row, by " + name, "whatif." + path, changed,
           Answer("The answers before and after (tagwerk.explanation/1)", explanation), false);
  for (const char* action : {"/explain", "/whatif"})
    paths["/v1/models/" + path + action]["post"]["responses"]["409"] =
        Answer("The model holds no rows to explain against", Ref("Problem"), "application/problem+json");
}

void DescribeModel(const std::string& name, const ServedModel& model, Json& paths, Json& schemas) {
  const std::string part = "model." + std::to_string(model.serial()) + ".";
  schemas[part + "Rows"] = RowsSchema(model);
  schemas[part + "Predictions"] = PredictionsSchema(model);
  schemas[part + "Infer"] = InferSchema(model);
  const std::string path = PathText(name);
  paths["/v1/models/" + path + "/predict"] = Post("Predict rows with " + name, "predict." + path, Ref(part + "Rows"),
                                                  Answer("One prediction a row", Ref(part + "Predictions")), false);
  DescribeExplaining(path, name, model, paths);
  paths["/v1/models/" + path] = Get("What the model " + name + " is", "model." + path,
                                    Answer("The manifest", {{"type", "object"}}), false, false);
  paths["/v2/models/" + path + "/infer"] = Post("Predict tensors with " + name, "infer." + path, Ref(part + "Infer"),
                                                Answer("One tensor an output", Ref("InferAnswer")), true);
  paths["/v2/models/" + path] = Get("Inputs and outputs of " + name, "metadata." + path,
                                    Answer("Names, types and shapes", {{"type", "object"}}), true, false);
  paths["/v2/models/" + path + "/ready"] =
      Get("Whether " + name + " answers", "ready." + path, Answer("It does", {{"type", "object"}}), true, false);
}

/// Labels of one model; its name may be left out where it is the only one.
Json FeedbackSchema(const ServedModel& model, bool only) {
  const pipeline::Pipeline& pipeline = model.pipeline();
  const bool numbers = pipeline.task == Task::kRegression || pipeline.numeric_labels;
  const Json actual = numbers                     ? Json{{"type", "number"}}
                      : pipeline.boolean_labels() ? Json{{"type", "boolean"}}
                                                  : Json{{"type", {"string", "number", "boolean"}}};
  const Json key = {{"type", "string"}, {"minLength", 1}, {"maxLength", 256}};
  const Json one_key = {{{"required", {"prediction_id"}}}, {{"required", {"id"}}}};
  const Json item = {{"type", "object"},
                     {"required", {"actual"}},
                     {"oneOf", one_key},
                     {"additionalProperties", false},
                     {"properties",
                      {{"prediction_id", key},
                       {"id", key},
                       {"actual", actual},
                       {"observed_at", {{"type", {"string", "null"}}, {"format", "date-time"}}},
                       {"weight", {{"type", {"number", "null"}}, {"minimum", 0}}}}}};
  return {{"type", "object"},
          {"required", only ? Json{"items"} : Json{"model", "items"}},
          {"additionalProperties", false},
          {"properties",
           {{"model", {{"const", model.name()}}},
            {"items", {{"type", "array"}, {"minItems", 1}, {"maxItems", kMostLabels}, {"items", item}}}}}};
}

Json FeedbackOf(const Snapshot& snapshot) {
  Json any = Json::array();
  for (const auto& [name, model] : snapshot.models)
    any.push_back(FeedbackSchema(*model.versions.at(model.current), snapshot.models.size() == 1));
  return {{"anyOf", any}};
}

Json FeedbackAnswerSchema() {
  const Json count = {{"type", "integer"}};
  return {{"type", "object"},
          {"required", {"accepted", "repeated", "conflicting", "unknown"}},
          {"properties",
           {{"accepted", count},
            {"repeated", count},
            {"conflicting", count},
            {"unknown", {{"type", {"integer", "null"}}}}}}};
}

Json ErrorSchemas() {
  const Json texts = {{"type", "array"}, {"items", {{"type", "string"}}}};
  return {{"InferenceError",
           {{"type", "object"}, {"required", {"error"}}, {"properties", {{"error", {{"type", "string"}}}}}}},
          {"Problem",
           {{"type", "object"},
            {"required", {"type", "title", "status", "detail", "code", "request_id"}},
            {"properties",
             {{"type", {{"type", "string"}}},
              {"title", {{"type", "string"}}},
              {"status", {{"type", "integer"}}},
              {"detail", {{"type", "string"}}},
              {"code", {{"type", "string"}}},
              {"similar", texts},
              {"do", texts},
              {"request_id", {{"type", "string"}}}}}}},
          {"InferAnswer", InferAnswerSchema()}};
}

}  // namespace

Json OpenApi(const Snapshot& snapshot, bool needs_token, bool store) {
  Json paths = Json::object(), schemas = ErrorSchemas();
  const Json object = {{"type", "object"}}, text = {{"type", "string"}};
  paths["/v2"] = Get("The server and its extensions", "server", Answer("Name and version", object), true, false);
  paths["/v2/health/live"] = Get("Whether the process lives", "live", Answer("It does", object), true, true);
  paths["/v2/health/ready"] = Get("Whether models answer", "ready", Answer("They do", object), true, true);
  paths["/v1/models"] = Get("The models that are served", "models", Answer("One item a version", object), false, false);
  paths["/metrics"] = Get("Figures for Prometheus", "metrics",
                          Answer("Text format 0.0.4", text, "text/plain; version=0.0.4; charset=utf-8"), false, false);
  for (const char* path : {"/ping", "/health", "/version"})
    paths[path] = Get("As MLflow's server has it", std::string(path).substr(1),
                      Answer("A line of text", text, "text/plain; charset=utf-8"), false, true);
  paths["/v1/feedback"] = Post("Labels that came true", "feedback", FeedbackOf(snapshot),
                               Answer("What they met", FeedbackAnswerSchema()), false);
  paths["/v1/feedback"]["post"]["responses"]["409"] =
      Answer("There is no store to keep them", Ref("Problem"), "application/problem+json");
  if (store) paths["/v1/feedback"]["post"]["parameters"] = Json::array({IdempotencyParameter()});
  for (const auto& [name, model] : snapshot.models)
    DescribeModel(name, *model.versions.at(model.current), paths, schemas);
  if (store) DescribeStore(paths);
  Json out = {{"openapi", "3.1.0"},
              {"info", {{"title", "Tagwerk"}, {"version", app::kVersion}}},
              {"paths", paths},
              {"components", {{"schemas", schemas}}}};
  if (needs_token) {
    out["components"]["securitySchemes"] = {{"token", {{"type", "http"}, {"scheme", "bearer"}}}};
    out["security"] = Json::array({{{"token", Json::array()}}});
  }
  return out;
}

}  // namespace tagwerk::serve
