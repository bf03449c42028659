#include "serve/catalogue.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "app/store_items.h"
#include "base/files.h"
#include "base/text.h"
#include "store/models.h"
#include "store/runs.h"

namespace tagwerk::serve {
namespace {

/// One served version; `facts` is null where no registry knows it.
Json ItemOf(const ServedModel* served, const NamedModel* named, const store::VersionFacts* facts) {
  store::VersionFacts none;
  if (facts == nullptr) {
    none.model = served->name();
    none.version = served->version();
    none.task = TaskName(served->pipeline().task);
    none.target = served->pipeline().target;
    none.score = none.low = none.high = std::nan("");
    for (const auto& [alias, meant] : named->aliases)
      if (meant == served->version()) none.aliases.push_back(alias);
  }
  Json item = app::VersionItem(facts == nullptr ? none : *facts);
  if (facts == nullptr) item["created_at"] = item["bytes"] = item["sha256"] = nullptr;
  item["registered"] = facts != nullptr;
  item["served"] = served != nullptr;
  item["current"] = served != nullptr && named->current == served->version();
  item["inputs"] = served == nullptr ? Json() : Json(served->inputs().size());
  return item;
}

const NamedModel* NamedOf(const Snapshot& snapshot, const std::string& name) {
  const auto found = snapshot.models.find(name);
  return found == snapshot.models.end() ? nullptr : &found->second;
}

/// The versions of one name, the newest first. A file that is served under a name of the registry hides that.
std::vector<Json> VersionsOf(const std::string& name, const Snapshot& snapshot, const Versions& registry) {
  const NamedModel* named = NamedOf(snapshot, name);
  std::map<std::int64_t, std::pair<const ServedModel*, const store::VersionFacts*>, std::greater<>> versions;
  if (named != nullptr)
    for (const auto& [number, held] : named->versions) versions[number].first = held.get();
  if (named == nullptr || named->followed)
    for (const store::VersionFacts& facts : registry)
      if (facts.model == name) versions[facts.version].second = &facts;
  std::vector<Json> items;
  for (const auto& [number, both] : versions) items.push_back(ItemOf(both.first, named, both.second));
  return items;
}

/// Where a list of versions goes on: NAME:VERSION of the last item before.
struct AfterVersion {
  std::string name;
  std::int64_t version = 0;
  explicit AfterVersion(const std::string& cursor) {
    const std::size_t colon = cursor.rfind(':');
    name = cursor.substr(0, colon);
    if (colon != std::string::npos) version = ParseWhole(cursor.substr(colon + 1)).value_or(0);
  }
  bool Passed(const Json& item) const {
    const auto& other = item["name"].get_ref<const std::string&>();
    return other < name || (other == name && item["version"].get<std::int64_t>() >= version);
  }
};

}  // namespace

void ListCatalogue(const Versions& registry, const Snapshot& snapshot, const Page& page, Response& response) {
  std::set<std::string> names;
  for (const auto& [name, model] : snapshot.models) names.insert(name);
  for (const store::VersionFacts& facts : registry) names.insert(facts.model);
  const AfterVersion after(page.cursor);
  Json items = Json::array(), next;
  for (const std::string& name : names) {
    if (!page.cursor.empty() && name < after.name) continue;
    for (Json& item : VersionsOf(name, snapshot, registry)) {
      if (!page.cursor.empty() && after.Passed(item)) continue;
      if (std::int64_t(items.size()) == page.limit) {
        next =
            items.back()["name"].get<std::string>() + ":" + std::to_string(items.back()["version"].get<std::int64_t>());
        return WritePage(std::move(items), std::move(next), response);
      }
      items.push_back(std::move(item));
    }
  }
  WritePage(std::move(items), std::move(next), response);
}

Status ShowVersion(const Versions& registry, const Snapshot& snapshot, const VersionWanted& wanted,
                   Response& response) {
  const NamedModel* named = NamedOf(snapshot, wanted.name);
  const auto served = snapshot.Find(wanted.name, wanted.number, wanted.alias);
  const store::VersionFacts* facts = nullptr;
  const auto number = served ? std::optional<std::int64_t>((*served)->version()) : ParseWhole(wanted.number);
  const std::string alias = wanted.alias.empty() ? "champion" : wanted.alias;
  if (named == nullptr || named->followed)
    for (const store::VersionFacts& one : registry) {
      const bool by_alias = std::find(one.aliases.begin(), one.aliases.end(), alias) != one.aliases.end();
      if (served || !wanted.number.empty() ? number == one.version : by_alias) facts = &one;
    }
  if (!served && facts == nullptr) {
    if (registry.empty() || wanted.number.empty()) return served.error();
    return Error(Code::kNotFound, "version-not-found", "model has no such version: " + Quoted(wanted.number))
        .In(wanted.name);
  }
  Json out = served ? (*served)->pipeline().Manifest() : Json::object();
  const Json item = ItemOf(served ? served->get() : nullptr, named, facts);
  for (const char* part : {"name", "version", "aliases", "served", "current"}) out[part] = item[part];
  out["registry"] = facts == nullptr ? Json() : app::VersionItem(*facts);
  if (wanted.number.empty() && wanted.alias.empty()) out["versions"] = VersionsOf(wanted.name, snapshot, registry);
  if (served) response.model = (*served)->serial();
  response.body = DumpJson(out);
  return Ok();
}

Status ListRuns(store::Store& store, std::string_view query, const Page& page, Response& response) {
  store::RunFilter filter;
  std::string sort;
  QueryValue(query, "name", filter.name);
  QueryValue(query, "status", filter.status);
  const auto& states = store::RunStates();
  if (!filter.status.empty() && std::find(states.begin(), states.end(), filter.status) == states.end())
    return Error(Code::kInvalidArgument, "option-value", "runs have no such status: " + Quoted(filter.status))
        .Key("status")
        .Allowed(states);
  filter.order = store::RunOrder::kStartedDown;
  if (QueryValue(query, "sort", sort) && sort != "-started_at") {
    if (sort != "started_at")
      return Error(Code::kInvalidArgument, "option-value", "runs are not sorted by this: " + Quoted(sort))
          .Key("sort")
          .Allowed({"-started_at", "started_at"});
    filter.order = store::RunOrder::kStartedUp;
  }
  if (!page.cursor.empty()) {  // STARTED_AT~NUMBER of the last item before
    const std::size_t mark = page.cursor.rfind('~');
    const auto number = ParseWhole(mark == std::string::npos ? "" : std::string_view(page.cursor).substr(mark + 1));
    filter.after.emplace(page.cursor.substr(0, mark), number.value_or(0));
  }
  filter.limit = page.limit + 1;
  TW_TRY(const auto runs, store::ListRuns(store, filter));
  Json items = Json::array(), next;
  for (std::size_t i = 0; i < runs.size() && std::int64_t(i) < page.limit; ++i) items.push_back(app::RunItem(runs[i]));
  if (std::int64_t(runs.size()) > page.limit) {
    const store::RunFacts& last = runs[std::size_t(page.limit) - 1];
    next = last.started_at + "~" + std::to_string(last.number);
  }
  WritePage(std::move(items), std::move(next), response);
  return Ok();
}

namespace {

/// The document that the run wrote, or what the tables know of it.
Result<Json> RunDocument(store::Store& store, const store::RunFacts& run) {
  TW_TRY(const std::string path, store::RunFile(store, run.id, "run.json"));
  if (!path.empty()) {
    TW_TRY(const std::string bytes, ReadFile(path));
    return ParseJson(bytes, "run.json");
  }
  TW_TRY(Json sketch, store::RunSketch(store, run));
  sketch.erase("folder");
  return sketch;
}

}  // namespace

Status ShowRun(store::Store& store, const AdminRoute& route, const Page& page, Response& response) {
  TW_TRY(const store::RunFacts run, store::FindRunById(store, route.name));
  if (route.resource == AdminResource::kRun) {
    TW_TRY(const Json document, RunDocument(store, run));
    response.body = DumpJson(document);
    return Ok();
  }
  Json items = Json::array(), next;
  if (route.resource == AdminResource::kRunFiles) {
    TW_TRY(const auto files, store::ListRunFiles(store, run.id));
    for (const store::KeptFile& file : files)
      items.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  } else {
    // Trials never change once they are there: how many were seen says where the list goes on.
    const std::int64_t skip = std::max<std::int64_t>(0, ParseWhole(page.cursor).value_or(0));
    TW_TRY(items, store::ListTrials(store, run.id, skip, page.limit + 1));
    if (std::int64_t(items.size()) > page.limit) {
      items.erase(items.size() - 1);
      next = std::to_string(skip + page.limit);
    }
  }
  WritePage(std::move(items), std::move(next), response);
  return Ok();
}

Status RemoveRun(store::Store& store, const AdminRoute& route, const std::string& actor, Response& response) {
  TW_TRY(const store::RunFacts run, store::FindRunById(store, route.name));
  TW_RETURN_IF_ERROR(store::DeleteRun(store, run, actor));
  response.body = DumpJson(Json{{"id", run.id}, {"deleted", true}});
  return Ok();
}

}  // namespace tagwerk::serve
