// store: care of the store itself, and the keys of the server.
#include <filesystem>

#include "app/registry.h"
#include "app/store_items.h"
#include "app/store_place.h"
#include "base/text.h"
#include "store/tokens.h"
#include "store/upkeep.h"

namespace tagwerk::app {

namespace {

Result<std::string> FileWord(const Arguments& arguments) {
  if (arguments.positional.size() >= 2) return arguments.positional[1];
  return Error(Code::kInvalidArgument, "argument-missing", "a file is needed")
      .In("tagwerk store " + arguments.positional[0])
      .Do("tagwerk store " + arguments.positional[0] + " FILE");
}

Result<std::string> TokenName(const Arguments& arguments) {
  if (arguments.positional.size() < 3)
    return Error(Code::kInvalidArgument, "argument-missing", "a name for the token is needed")
        .In("tagwerk store tokens")
        .Do("tagwerk store tokens add NAME --scope predict");
  const std::string& name = arguments.positional[2];
  if (name.empty() || name.size() > 128 || Printable(name, 128) != name)
    return Error(Code::kInvalidArgument, "option-value",
                 "a token's name is printable, at most 128 bytes: " + Quoted(name))
        .In("tagwerk store tokens");
  return name;
}

Result<StoreResponse> AddOne(const Arguments& arguments) {
  TW_TRY(const std::string name, TokenName(arguments));
  TW_TRY(const std::uint8_t scopes, store::ParseScopes(arguments.Get("--scope")));
  if (scopes == 0)
    return Error(Code::kInvalidArgument, "argument-missing", "say what the token may do")
        .In("tagwerk store tokens add")
        .Allowed({"predict", "read", "admin"})
        .Do("tagwerk store tokens add " + name + " --scope predict");
  std::optional<double> expires;
  if (const std::string typed = arguments.Get("--expires"); !typed.empty()) {
    TW_TRY(const double valid, ParseDuration(typed, "--expires"));
    if (!(valid > 0) || valid > 100 * 365.25 * 86400)
      return Error(Code::kInvalidArgument, "option-value", "--expires does not take this value: " + Quoted(typed))
          .In("--expires")
          .Allowed({"a duration above 0, at most 100 years"});
    expires = UnixNow() + valid;
  }
  TW_TRY(const auto store, OpenStore(arguments, store::Access::kWrite));
  StoreResponse response;
  TW_TRY(response.token, store::AddToken(*store, name, scopes, expires, store::MachineUser()));
  TW_TRY(const auto tokens, store::ListTokens(*store));
  for (const store::TokenFacts& facts : tokens)
    if (facts.name == name) response.document = TokenItem(facts, UnixNow());
  response.document["schema"] = "tagwerk.store/1";
  response.document["token"] = response.token;
  return response;
}

Result<StoreResponse> Tokens(const Arguments& arguments) {
  const std::string word = arguments.positional.size() < 2 ? "" : arguments.positional[1];
  StoreResponse response;
  if (word == "add") {
    TW_TRY(response, AddOne(arguments));
  } else if (word == "list") {
    TW_TRY(const auto store, OpenStore(arguments, store::Access::kRead));
    TW_TRY(const auto tokens, store::ListTokens(*store));
    Json items = Json::array();
    for (const store::TokenFacts& facts : tokens) items.push_back(TokenItem(facts, UnixNow()));
    response.document = {{"schema", "tagwerk.store/1"}, {"items", std::move(items)}};
  } else if (word == "revoke") {
    TW_TRY(const std::string name, TokenName(arguments));
    TW_TRY(const auto store, OpenStore(arguments, store::Access::kWrite));
    TW_RETURN_IF_ERROR(store::RevokeToken(*store, name, store::MachineUser()));
    response.document = {{"schema", "tagwerk.store/1"}, {"revoked", name}};
  } else {
    return Error(Code::kInvalidArgument, "argument-missing", "say what to do: tokens add, list or revoke")
        .In("tagwerk store tokens")
        .Do("tagwerk store tokens list");
  }
  response.kind = "tokens " + word;
  return response;
}

/// Copies everything into another store, and looks whether it arrived.
Result<Json> MoveTo(const Arguments& arguments, const StorePlace& place) {
  Arguments there = arguments;
  there.values["--store"] = {arguments.Get("--to")};
  TW_TRY(const StorePlace target, FindStore(there));
  std::error_code ignored;
  if (std::filesystem::exists(target.location.path, ignored))
    return Error(Code::kAlreadyExists, "store-exists", "there is a store already: " + Quoted(target.location.path))
        .In("--to")
        .Do("name another place");
  if (!std::filesystem::exists(place.location.path, ignored))
    return Error(Code::kFailedPrecondition, "store-absent", "there is no store to copy")
        .In(place.location.path)
        .ExitCode(2);
  const std::string copy = place.location.path + ".migrating";
  std::filesystem::remove(copy, ignored);
  TW_TRY(const auto source, store::Store::Open(place.location, store::Access::kWrite));
  TW_RETURN_IF_ERROR(store::BackUp(*source, copy));
  const auto restored = store::Restore(target.location, copy, store::MachineUser());
  std::filesystem::remove(copy, ignored);
  if (!restored) return restored.error();
  TW_TRY(const auto made, store::Store::Open(target.location, store::Access::kRead));
  TW_TRY(const Json before, store::CheckStore(*source));
  TW_TRY(Json after, store::CheckStore(*made));
  for (const auto& [table, rows] : before["tables"].items())
    if (table != "audit_log" && table != "counters" && after["tables"][table] != rows)
      after["problems"].push_back({{"kind", "rows"}, {"what", table + " differs from the source"}, {"do", ""}});
  return after;
}

Result<StoreResponse> Migrate(const Arguments& arguments) {
  StoreResponse response;
  TW_TRY(const StorePlace place, FindStore(arguments));
  if (!arguments.Get("--to").empty()) {
    TW_TRY(response.document, MoveTo(arguments, place));
    response.damaged = !response.document["problems"].empty();
    return response;
  }
  int before = 0;
  if (std::error_code ignored; std::filesystem::exists(place.location.path, ignored)) {
    TW_TRY(const auto database, store::Database::Open(place.location.path, store::Access::kRead));
    TW_TRY(before, store::SchemaVersion(*database));
  }
  TW_TRY(const auto store, store::Store::Open(place.location, store::Access::kWrite));
  response.document = {{"schema", "tagwerk.store/1"},
                       {"store", place.location.path},
                       {"schema_before", before},
                       {"schema_version", store->schema_version()}};
  return response;
}

Result<StoreResponse> Collect(const Arguments& arguments) {
  StoreResponse response;
  TW_TRY(const StorePlace place, FindStore(arguments));
  std::error_code ignored;
  const bool absent = !std::filesystem::exists(place.location.path, ignored);
  const bool dry = arguments.Has("--dry-run") || absent;
  TW_TRY(const auto store, store::Store::Open(place.location, absent ? store::Access::kRead : store::Access::kWrite));
  TW_TRY(response.document, store::CollectGarbage(*store, {place.keep_runs_seconds, dry}));
  return response;
}

Result<StoreResponse> StoreWord(const Arguments& arguments, const std::string& word, bool confirmed) {
  StoreResponse response;
  if (word == "check") {
    TW_TRY(const auto store, OpenStore(arguments, store::Access::kRead));
    TW_TRY(response.document, store::CheckStore(*store));
    response.damaged = !response.document["problems"].empty();
    return response;
  }
  if (word == "backup") {
    TW_TRY(const std::string file, FileWord(arguments));
    TW_TRY(const auto store, OpenStore(arguments, store::Access::kWrite));
    TW_TRY(response.document, store::BackUp(*store, file));
    return response;
  }
  if (word == "restore") {
    TW_TRY(const std::string file, FileWord(arguments));
    TW_TRY(const StorePlace place, FindStore(arguments));
    if (!confirmed)
      return Error(Code::kInvalidArgument, "not-confirmed", "restoring replaces what the store holds now")
          .In(place.location.path)
          .Do("add --yes");
    TW_TRY(response.document, store::Restore(place.location, file, store::MachineUser()));
    return response;
  }
  if (word == "gc") return Collect(arguments);
  if (word == "migrate") return Migrate(arguments);
  return Error(Code::kInvalidArgument, "argument-missing",
               "say what to do: check, backup, restore, gc, migrate or tokens")
      .In("tagwerk store")
      .Do("tagwerk help store");
}

}  // namespace

Result<StoreResponse> StoreVerb(const Arguments& arguments, bool confirmed) {
  const std::string word = arguments.positional.empty() ? "" : arguments.positional[0];
  if (word == "tokens") return Tokens(arguments);
  TW_TRY(StoreResponse response, StoreWord(arguments, word, confirmed));
  response.kind = word;
  return response;
}

std::string QuestionBefore(const Arguments& arguments) {
  const auto& words = arguments.positional;
  if (words.size() < 2 || arguments.Has("--yes")) return "";
  if (arguments.verb->name == "store" && words[0] == "restore")
    return "Replace everything in the store by " + Printable(words[1], 200) + "?";
  if (arguments.verb->name == "models" && words[0] == "delete")
    return "Delete " + Printable(words[1], 200) + " from the registry?";
  return "";
}

}  // namespace tagwerk::app
