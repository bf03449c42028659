// runs: what was trained before.
#include <algorithm>
#include <filesystem>

#include "app/names.h"
#include "app/registry.h"
#include "app/store_items.h"
#include "app/store_place.h"
#include "app/version.h"
#include "base/files.h"
#include "base/text.h"
#include "store/runs.h"

namespace tagwerk::app {

namespace {

/// The item of a run with what only this machine knows of it.
Json RunHere(const store::RunFacts& facts) {
  Json item = RunItem(facts);
  item["source"] = TextOrNull(facts.data_source);
  item["folder"] = TextOrNull(facts.folder);
  return item;
}

Result<store::RunFilter> FilterFrom(const Arguments& arguments) {
  store::RunFilter filter;
  filter.name = arguments.Get("--name");
  filter.status = arguments.Get("--status");
  const std::string limit = arguments.Get("--limit"), status = filter.status;
  filter.limit = ParseWhole(limit).value_or(0);
  if (filter.limit < 1)
    return Error(Code::kInvalidArgument, "option-value", "--limit does not take this value: " + Quoted(limit))
        .In("--limit")
        .Allowed({"a whole number from 1 on"});
  const std::vector<std::string>& known = store::RunStates();
  if (!status.empty() && std::find(known.begin(), known.end(), status) == known.end())
    return Error(Code::kInvalidArgument, "option-value", "--status does not take this value: " + Quoted(status))
        .In("--status")
        .Allowed(known);
  return filter;
}

Result<StoreResponse> ListAll(const Arguments& arguments) {
  TW_TRY(const store::RunFilter filter, FilterFrom(arguments));
  TW_TRY(const auto store, OpenStore(arguments, store::Access::kRead));
  TW_TRY(const auto runs, store::ListRuns(*store, filter));
  Json items = Json::array();
  for (const store::RunFacts& facts : runs) items.push_back(RunHere(facts));
  StoreResponse response;
  response.document = {{"schema", "tagwerk.runs/1"}, {"items", std::move(items)}};
  return response;
}

/// The run's own document, or what the tables know when there is none.
Result<Json> StoredDocument(const Arguments& arguments, const std::string& typed) {
  TW_TRY(const auto store, OpenStore(arguments, store::Access::kRead));
  std::error_code ignored;
  const auto facts = store::FindRun(*store, typed);
  std::string path;
  if (facts) {
    TW_TRY(path, store::RunFile(*store, facts->id, "run.json"));
    if (path.empty() && facts->status != "running") path = facts->folder + "/run.json";
  } else if (std::filesystem::exists(typed, ignored)) {
    TW_TRY(path, FindRunDocument(arguments, typed));
  } else {
    return facts.error();
  }
  if (facts && !std::filesystem::exists(path, ignored)) return store::RunSketch(*store, *facts);
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(Json document, ParseJson(bytes, path));
  if (!document.is_object() || document.value("schema", Json()) != "tagwerk.run/1")
    return Error(Code::kInvalidData, "not-a-run", "file is not a run document").In(path).Do("name a run's folder");
  return document;
}

Result<std::string> RunWord(const Arguments& arguments, std::size_t position = 1) {
  if (arguments.positional.size() > position) return arguments.positional[position];
  return Error(Code::kInvalidArgument, "argument-missing", "a run is needed")
      .In("tagwerk runs " + arguments.positional[0])
      .Do("tagwerk runs list");
}

/// The metrics of the test that have a name.
Json NamedMetrics(const Json& document) {
  Json named = Json::array();
  const Json::json_pointer place("/test/metrics");
  if (!document.contains(place) || !document.at(place).is_array()) return named;
  for (const Json& metric : document.at(place))
    if (metric.is_object() && metric.contains("name") && metric["name"].is_string()) named.push_back(metric);
  return named;
}

/// Facts in which runs may differ, by path in the document.
constexpr const char* kCompared[] = {"/status",
                                     "/stop_reason",
                                     "/started_at",
                                     "/budget_seconds",
                                     "/used/seconds",
                                     "/used/trials",
                                     "/seed",
                                     "/threads",
                                     "/version",
                                     "/data/fingerprint",
                                     "/data/rows",
                                     "/data/columns",
                                     "/goal/target",
                                     "/goal/task",
                                     "/goal/metric",
                                     "/split/kind",
                                     "/split/test_rows",
                                     "/model/calibration",
                                     "/model/latency_us",
                                     "/model/bytes",
                                     "/model/version"};

Result<StoreResponse> CompareRuns(const Arguments& arguments) {
  TW_RETURN_IF_ERROR(RunWord(arguments, 2));
  std::vector<Json> documents;
  Json items = Json::array();
  for (std::size_t i = 1; i < arguments.positional.size(); ++i) {
    TW_TRY(Json document, StoredDocument(arguments, arguments.positional[i]));
    items.push_back(document.value("id", Json()));
    documents.push_back(std::move(document));
  }
  Json facts = Json::array(), metrics = Json::array();
  for (const char* path : kCompared) {
    const Json::json_pointer pointer(path);
    Json values = Json::array();
    for (const Json& document : documents) values.push_back(document.contains(pointer) ? document.at(pointer) : Json());
    bool same = true;
    for (const Json& value : values) same &= value == values[0];
    facts.push_back({{"name", std::string(path).substr(1)}, {"values", std::move(values)}, {"same", same}});
  }
  std::vector<std::string> names;
  for (const Json& document : documents)
    for (const Json& metric : NamedMetrics(document))
      if (const std::string name = metric["name"].get<std::string>();
          std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
  for (const std::string& name : names) {
    Json values = Json::array();
    for (const Json& document : documents) {
      Json found;
      for (const Json& metric : NamedMetrics(document))
        if (metric["name"].get<std::string>() == name) found = metric;
      values.push_back(std::move(found));
    }
    metrics.push_back({{"name", name}, {"values", std::move(values)}});
  }
  StoreResponse response;
  response.document = {{"schema", "tagwerk.runs/1"}, {"items", items}, {"facts", facts}, {"metrics", metrics}};
  return response;
}

Result<StoreResponse> Export(const Arguments& arguments) {
  TW_TRY(const std::string typed, RunWord(arguments));
  const std::string output = arguments.Get("--output");
  if (output.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "a file to write is needed")
        .In("tagwerk runs export")
        .Do("tagwerk runs export " + typed + " -o run.json");
  StoreResponse response;
  TW_TRY(response.document, StoredDocument(arguments, typed));
  const std::string text = DumpJson(response.document, 1) + "\n";
  if (output != "-") TW_RETURN_IF_ERROR(WriteFileAtomically(output, text));
  return response;
}

Result<StoreResponse> Import(const Arguments& arguments) {
  TW_TRY(const std::string path, RunWord(arguments));
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(Json document, ParseJson(bytes, path));
  const auto text = [&](const char* name) {
    return document.is_object() && document.contains(name) && document[name].is_string()
               ? document[name].get<std::string>()
               : "";
  };
  if (text("schema") != "tagwerk.run/1" || text("id").empty() || text("name").empty() || text("started_at").empty())
    return Error(Code::kInvalidData, "not-a-run", "file is not a run document").In(path).Do("tagwerk runs export RUN");
  TW_TRY(const StorePlace place, FindStore(arguments));
  TW_TRY(const auto store, store::Store::Open(place.location, store::Access::kWrite));
  const std::string id = text("id");
  TW_TRY(const auto there, store->database().QueryOne("SELECT status FROM runs WHERE id = ?", {id}));
  if (there)
    return Error(Code::kAlreadyExists, "run-exists", "the store has a run of this id: " + Quoted(id))
        .In(place.location.path)
        .Do("tagwerk runs delete " + id);
  StoreResponse response;
  TW_TRY(response.document, store::ImportRun(*store, document));
  return response;
}

Result<StoreResponse> Delete(const Arguments& arguments) {
  TW_TRY(const std::string typed, RunWord(arguments));
  TW_TRY(const auto store, OpenStore(arguments, store::Access::kWrite));
  TW_TRY(const store::RunFacts run, store::FindRun(*store, typed));
  TW_RETURN_IF_ERROR(store::DeleteRun(*store, run, store::MachineUser()));
  StoreResponse response;
  response.document = {{"schema", "tagwerk.runs/1"}, {"deleted", run.id}, {"folder", TextOrNull(run.folder)}};
  return response;
}

Result<StoreResponse> RunsResponse(const Arguments& arguments, const std::string& word) {
  StoreResponse response;
  if (word == "list") return ListAll(arguments);
  if (word == "show") {
    TW_TRY(const std::string typed, RunWord(arguments));
    TW_TRY(response.document, StoredDocument(arguments, typed));
    return response;
  }
  if (word == "compare") return CompareRuns(arguments);
  if (word == "export") return Export(arguments);
  if (word == "import") return Import(arguments);
  if (word == "delete" || word == "rm") return Delete(arguments);
  return Error(Code::kInvalidArgument, "argument-missing",
               "say what to do: list, show, compare, export, import or delete")
      .In("tagwerk runs")
      .Do("tagwerk help runs");
}

}  // namespace

Result<StoreResponse> Runs(const Arguments& arguments) {
  const std::string word = arguments.positional.empty() ? "" : arguments.positional[0];
  TW_TRY(StoreResponse response, RunsResponse(arguments, word));
  response.kind = word == "rm" ? "delete" : word;
  return response;
}

}  // namespace tagwerk::app
