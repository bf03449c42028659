// models: the registry's names, versions and aliases.
#include "app/registry.h"

#include <cmath>
#include <filesystem>

#include "app/names.h"
#include "app/store_items.h"
#include "app/store_place.h"
#include "app/use.h"
#include "base/files.h"
#include "base/text.h"
#include "store/artifacts.h"
#include "store/models.h"

namespace tagwerk::app {

namespace {

using store::Access;

/// The item of a version with what only this machine knows of it.
Json VersionHere(const store::VersionFacts& facts) {
  Json item = VersionItem(facts);
  item["source"] = facts.source;
  item["path"] = facts.path;
  return item;
}

Error WordMissing(const char* verb, const std::string& usage) {
  return Error(Code::kInvalidArgument, "argument-missing", "say what to do: " + usage)
      .In(std::string("tagwerk ") + verb)
      .Do(std::string("tagwerk help ") + verb);
}

Result<std::string> SecondWord(const Arguments& arguments, const char* what) {
  if (arguments.positional.size() >= 2) return arguments.positional[1];
  return Error(Code::kInvalidArgument, "argument-missing", std::string(what) + " is needed")
      .In("tagwerk models " + arguments.positional[0])
      .Do("tagwerk models list");
}

Result<StoreResponse> ListModels(const Arguments& arguments) {
  TW_TRY(const auto store, OpenStore(arguments, Access::kRead));
  TW_TRY(const auto versions, store::ListVersions(*store));
  StoreResponse response;
  Json items = Json::array();
  for (const store::VersionFacts& facts : versions) items.push_back(VersionHere(facts));
  response.document = {{"schema", "tagwerk.models/1"}, {"items", std::move(items)}};
  return response;
}

Result<StoreResponse> ShowOne(const Arguments& arguments) {
  TW_TRY(const std::string typed, SecondWord(arguments, "a model"));
  StoreResponse response;
  TW_TRY(const pipeline::Pipeline pipeline, LoadModel(arguments, typed));
  response.document = pipeline.Manifest();
  if (IsPath(typed)) return response;
  TW_TRY(const auto store, OpenStore(arguments, Access::kRead));
  if (const auto name = store::ParseModelName(typed))
    if (const auto facts = store::FindVersion(*store, *name)) response.document["registry"] = VersionHere(*facts);
  return response;
}

/// The score that a model file tells of itself.
void TakeScore(const Json& manifest, store::NewVersion& version) {
  version.metric = manifest.value("metric", "");
  const Json tests = manifest.contains("test") ? manifest["test"] : Json();
  if (!tests.is_array()) return;
  for (const Json& metric : tests) {
    if (!metric.is_object() || metric.value("name", Json()) != Json(version.metric)) continue;
    const auto number = [&](const char* name) {
      return metric.contains(name) && metric[name].is_number() ? metric[name].get<double>() : std::nan("");
    };
    version.score = number("value");
    version.low = number("low");
    version.high = number("high");
  }
}

Result<StoreResponse> RegisterFile(const Arguments& arguments) {
  TW_TRY(const std::string file, SecondWord(arguments, "a model file"));
  if (arguments.Get("--name").empty())
    return Error(Code::kInvalidArgument, "argument-missing", "a name is needed")
        .In("tagwerk models register")
        .Do("tagwerk models register " + file + " --name NAME");
  TW_TRY(const pipeline::Pipeline pipeline, LoadModelFile(file));  // a file that cannot be loaded has no place there
  TW_TRY(const StorePlace place, FindStore(arguments));
  TW_TRY(const auto store, store::Store::Open(place.location, Access::kWrite));
  namespace fs = std::filesystem;
  const store::FilesGuard guard(*store, store::FilesGuard::Kind::kAdding);
  const std::string path = fs::is_directory(file) ? (fs::path(file) / "model.tw").string() : file;
  TW_TRY(const store::Artifact kept, store::KeepFile(*store, "models", path));
  const double none = std::nan("");
  store::NewVersion version{arguments.Get("--name"),
                            "",
                            std::string(TaskName(pipeline.task)),
                            pipeline.target,
                            "",
                            file,
                            kept,
                            "",
                            none,
                            none,
                            none,
                            none,
                            {}};
  TakeScore(pipeline.Manifest(), version);
  TW_TRY(const store::Registered registered, store::RegisterVersion(*store, version, store::MachineUser()));
  TW_TRY(const store::VersionFacts facts, store::FindVersion(*store, {version.model, "", registered.version}));
  StoreResponse response;
  response.document = {{"schema", "tagwerk.models/1"}, {"items", Json::array({VersionHere(facts)})}};
  return response;
}

Result<StoreResponse> Promote(const Context& context, const Arguments& arguments) {
  TW_TRY(const std::string typed, SecondWord(arguments, "a version"));
  TW_TRY(const store::ModelName name, store::ParseModelName(typed));
  if (!name.version && typed.find('@') == std::string::npos)
    return Error(Code::kInvalidArgument, "argument-missing", "say which version: " + Quoted(typed))
        .In("tagwerk models promote")
        .Do("tagwerk models promote " + name.name + "@challenger")
        .Do("tagwerk models promote " + name.name + ":2");
  TW_TRY(const auto store, OpenStore(arguments, Access::kWrite));
  PromotionRequest request{
      name, arguments.Get("--as"), arguments.Get("--reason"), store::MachineUser(), arguments.Has("--force"), {}};
  TW_TRY(Promotion done, PromoteVersion(context, arguments, *store, request));
  StoreResponse response;
  response.failed = !done.promoted;
  response.document = {
      {"schema", "tagwerk.models/1"}, {"name", done.version.model},   {"version", done.version.version},
      {"alias", request.alias},       {"gate", std::move(done.gate)}, {"promoted", done.promoted},
      {"forced", done.forced}};
  return response;
}

Result<StoreResponse> Rollback(const Arguments& arguments) {
  TW_TRY(const std::string typed, SecondWord(arguments, "a model's name"));
  TW_TRY(const auto store, OpenStore(arguments, Access::kWrite));
  TW_TRY(const std::int64_t version, store::RollBack(*store, typed, arguments.Get("--reason"), store::MachineUser()));
  StoreResponse response;
  response.document = {{"schema", "tagwerk.models/1"}, {"name", typed}, {"version", version}, {"alias", "champion"}};
  return response;
}

Result<StoreResponse> History(const Arguments& arguments) {
  TW_TRY(const std::string typed, SecondWord(arguments, "a model's name"));
  TW_TRY(const auto store, OpenStore(arguments, Access::kRead));
  TW_TRY(const auto changes, store::AliasHistory(*store, typed));
  StoreResponse response;
  Json items = Json::array();
  for (const store::AliasChange& change : changes)
    items.push_back({{"at", change.changed_at},
                     {"alias", change.alias},
                     {"from", change.before ? Json(*change.before) : Json()},
                     {"to", change.after ? Json(*change.after) : Json()},
                     {"kind", change.kind},
                     {"forced", change.forced},
                     {"actor", change.actor},
                     {"reason", TextOrNull(change.reason)}});
  response.document = {{"schema", "tagwerk.models/1"}, {"name", typed}, {"items", std::move(items)}};
  return response;
}

Result<StoreResponse> DeleteOne(const Arguments& arguments) {
  TW_TRY(const std::string typed, SecondWord(arguments, "a version"));
  TW_TRY(const store::ModelName name, store::ParseModelName(typed));
  if (!name.version)
    return Error(Code::kInvalidArgument, "argument-missing", "say which version: " + Quoted(typed))
        .In("tagwerk models delete")
        .Do("tagwerk models delete " + name.name + ":1");
  TW_TRY(const auto store, OpenStore(arguments, Access::kWrite));
  TW_RETURN_IF_ERROR(store::DeleteVersion(*store, name, store::MachineUser()));
  StoreResponse response;
  response.document = {{"schema", "tagwerk.models/1"}, {"name", name.name}, {"version", *name.version}};
  return response;
}

Result<StoreResponse> ModelsResponse(const Context& context, const Arguments& arguments, const std::string& word) {
  if (word == "list") return ListModels(arguments);
  if (word == "show") return ShowOne(arguments);
  if (word == "register") return RegisterFile(arguments);
  if (word == "promote") return Promote(context, arguments);
  if (word == "rollback") return Rollback(arguments);
  if (word == "history") return History(arguments);
  if (word == "delete") return DeleteOne(arguments);
  return WordMissing("models", "list, show, register, promote, rollback, history or delete");
}

}  // namespace

Result<StoreResponse> Models(const Context& context, const Arguments& arguments) {
  const std::string word = arguments.positional.empty() ? "" : arguments.positional[0];
  TW_TRY(StoreResponse response, ModelsResponse(context, arguments, word));
  response.kind = word;
  return response;
}

Result<Promotion> PromoteVersion(const Context& context, const Arguments& arguments, store::Store& store,
                                 const PromotionRequest& request) {
  if (request.force && Trim(request.reason).empty())
    return Error(Code::kInvalidArgument, "option-contradiction", "to force needs a reason, for the audit log")
        .In("--force")
        .Do("add --reason TEXT");
  Promotion done;
  TW_TRY(done.version, store::FindVersion(store, request.version));
  const store::ModelName exact{done.version.model, "", done.version.version};
  if (request.alias == "champion") {
    TW_TRY(done.gate, PromotionGate(context, arguments, exact.name + ":" + std::to_string(*exact.version)));
  }
  const bool passed = done.gate.is_null() || done.gate["passed"].get<bool>();
  done.promoted = passed || request.force;
  done.forced = request.force && !passed;
  if (done.promoted)
    TW_RETURN_IF_ERROR(
        store::SetAlias(store, exact, request.alias, done.forced, request.reason, request.actor, request.expected));
  return done;
}

Result<Json> PromotionGate(const Context& context, const Arguments& arguments, const std::string& typed) {
  TW_TRY(const StorePlace place, FindStore(arguments));
  TW_TRY(const auto store, store::Store::Open(place.location, Access::kRead));
  TW_TRY(const store::ModelName name, store::ParseModelName(typed));
  TW_TRY(const store::VersionFacts version, store::FindVersion(*store, name));
  Json parts = Json::array();
  const auto add = [&](const char* part, const Json& passed, const std::string& text) {
    parts.push_back({{"name", part}, {"passed", passed}, {"text", text}});
  };
  add("run_gate", version.gate_passed ? Json(*version.gate_passed) : Json(),
      version.gate_passed ? (*version.gate_passed ? "the gate of its run passed" : "the gate of its run failed")
                          : "its run had no gate");
  const bool measured = std::isfinite(version.gain_low);
  add("baseline", measured ? Json(version.gain_low > 0) : Json(),
      !measured              ? "not measured against a baseline"
      : version.gain_low > 0 ? "better than the baseline"
                             : "not shown to be better than the baseline");
  const auto champion = store::FindVersion(*store, {name.name, "champion", {}});
  if (!champion) {
    add("champion", nullptr, "there is no champion yet");
  } else if (champion->version == version.version) {
    add("champion", true, "it is the champion");
  } else {
    Arguments words = arguments;
    words.verb = FindVerb("compare");
    words.positional = {typed, name.name + ":" + std::to_string(champion->version)};
    words.values["--margin"] = {Shortest(place.deploy_margin)};
    const auto compared = Compare(context, words);
    if (!compared && compared.error().code() == Code::kCancelled) return compared.error();
    if (!compared) {
      add("champion", nullptr,
          "not compared with version " + std::to_string(champion->version) + ": " + compared.error().message());
    } else {
      const double chance = compared->document.value("probability_better", 0.0);
      add("champion", chance >= place.deploy_probability,
          "better than version " + std::to_string(champion->version) + " with probability " +
              Shortest(std::round(chance * 1000) / 1000) + " on " + Count(compared->document.value("rows", 0)) +
              " rows (wanted: " + Shortest(place.deploy_probability) + ")");
    }
  }
  bool passed = true;
  for (const Json& part : parts) passed &= part["passed"] != Json(false);
  return Json{{"passed", passed}, {"parts", std::move(parts)}};
}

}  // namespace tagwerk::app
