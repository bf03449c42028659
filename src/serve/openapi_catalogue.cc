// What can be looked at of models, versions and runs, in the description of the interface.
#include "serve/openapi_parts.h"
#include "store/runs.h"

namespace tagwerk::serve {
namespace {

Json MaybeNumber() { return {{"type", {"number", "null"}}}; }
Json MaybeWhole() { return {{"type", {"integer", "null"}}}; }
Json Truth() { return {{"type", "boolean"}}; }
Json Texts() { return {{"type", "array"}, {"items", TextSchema()}}; }

Json VersionSchema() {
  return ObjectOf({{"name", TextSchema()},
                   {"version", WholeSchema()},
                   {"aliases", Texts()},
                   {"task", MaybeText()},
                   {"target", MaybeText()},
                   {"metric", MaybeText()},
                   {"score", MaybeNumber()},
                   {"score_low", MaybeNumber()},
                   {"score_high", MaybeNumber()},
                   {"created_at", MaybeText()},
                   {"bytes", MaybeWhole()},
                   {"sha256", MaybeText()},
                   {"run", MaybeText()},
                   {"registered", Truth()},
                   {"served", Truth()},
                   {"current", Truth()},
                   {"inputs", MaybeWhole()}});
}

Json RunSchema() {
  return ObjectOf({{"id", TextSchema()},
                   {"name", TextSchema()},
                   {"status", {{"enum", store::RunStates()}}},
                   {"stop_reason", MaybeText()},
                   {"started_at", TextSchema()},
                   {"finished_at", MaybeText()},
                   {"seconds", MaybeNumber()},
                   {"rows", WholeSchema()},
                   {"target", MaybeText()},
                   {"task", MaybeText()},
                   {"metric", MaybeText()},
                   {"score", MaybeNumber()},
                   {"score_low", MaybeNumber()},
                   {"score_high", MaybeNumber()},
                   {"trials", WholeSchema()},
                   {"version", MaybeWhole()}});
}

Json Query(const char* name, Json schema) { return {{"name", name}, {"in", "query"}, {"schema", std::move(schema)}}; }

Json InPages(Json operation, std::vector<Json> more = {}) {
  operation["parameters"] = PageParameters();
  for (Json& parameter : more) operation["parameters"].push_back(std::move(parameter));
  return operation;
}

void DescribeRuns(Json& paths) {
  const Json id = PathParameter("id");
  paths["/v1/runs"] = {
      {"get", InPages(Operation("Runs, the one that began last first", "runs", "200", PageOf(RunSchema())),
                      {Query("sort", {{"enum", {"-started_at", "started_at"}}}),
                       Query("status", {{"enum", store::RunStates()}}), Query("name", TextSchema())})}};
  paths["/v1/runs/{id}"] = {
      {"parameters", {id}},
      {"get", Operation("A run as it was written down (tagwerk.run/1)", "run", "200", {{"type", "object"}}, {kAbsent})},
      {"delete",
       Operation("Take a run out of the store; versions of its model stay", "run.delete", "200",
                 ObjectOf({{"id", TextSchema()}, {"deleted", {{"const", true}}}}), {kAbsent, kConflict, kLarge})}};
  const Json trial = {{"type", "object"}, {"required", {"rank", "trial", "model", "learner", "score", "parameters"}}};
  paths["/v1/runs/{id}/leaderboard"] = {
      {"parameters", {id}},
      {"get", InPages(Operation("Every trial, the best first", "run.leaderboard", "200", PageOf(trial), {kAbsent}))}};
  paths["/v1/runs/{id}/report"] = {{"parameters", {id}},
                                   {"get", FileOperation("The report as a page", "run.report", {"text/html"})}};
  const Json file = ObjectOf({{"name", TextSchema()}, {"bytes", WholeSchema()}, {"sha256", TextSchema()}});
  paths["/v1/runs/{id}/files"] = {
      {"parameters", {id}},
      {"get", Operation("The files that the store keeps of a run", "run.files", "200", PageOf(file), {kAbsent})}};
  paths["/v1/runs/{id}/files/{file}"] = {
      {"parameters", {id, PathParameter("file")}},
      {"get", FileOperation("One of them", "run.file",
                            {"application/json", "text/html", "text/markdown", "text/csv",
                             "application/vnd.apache.parquet", "application/octet-stream"})}};
}

}  // namespace

void DescribeCatalogue(Json& paths) {
  const Json name = PathParameter("name"), version = PathParameter("version");
  paths["/v1/models"] = {
      {"get", InPages(Operation("Versions, served or only kept, by name", "models", "200", PageOf(VersionSchema())))}};
  paths["/v1/models/{name}/versions/{version}"] = {
      {"parameters", {name, version}},
      {"get", Operation("What a version is", "version", "200", {{"type", "object"}}, {kAbsent})}};
  const auto part = [&](const char* path, Json operation) {
    paths[std::string("/v1/models/{name}/versions/{version}/") + path] = {{"parameters", {name, version}},
                                                                          {"get", std::move(operation)}};
  };
  part("report", FileOperation("The report of the version's run", "version.report", {"text/html"}));
  part("card", FileOperation("The model card", "version.card", {"text/markdown"}));
  part("file", FileOperation("The model file", "version.file", {"application/octet-stream"}));
  DescribeRuns(paths);
  paths["/v1/store"] = {
      {"get", Operation("What the store is and how much it holds", "store", "200", {{"type", "object"}})}};
  paths["/v1/learners"] = {
      {"get", Operation("What can learn, with its parameters", "learners", "200", PageOf({{"type", "object"}}))}};
}

}  // namespace tagwerk::serve
