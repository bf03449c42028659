#include "serve/registry_models.h"

#include <algorithm>
#include <limits>
#include <set>

#include "app/names.h"
#include "base/text.h"
#include "store/deployments.h"
#include "store/runs.h"
#include "store/serving.h"

namespace tagwerk::serve {
namespace {

constexpr double kAgainSeconds = 10;  ///< until what failed is tried again

using Versions = std::vector<store::VersionFacts>;

/// Returns the version that something typed means now, or 0.
int Meant(const store::ModelName& typed, const Versions& versions) {
  for (const store::VersionFacts& facts : versions) {
    const bool named = std::find(facts.aliases.begin(), facts.aliases.end(), typed.alias) != facts.aliases.end();
    if (typed.version ? facts.version == *typed.version : named) return int(facts.version);
  }
  return 0;
}

}  // namespace

Status RegistryModels::Add(const std::string& typed) {
  TW_TRY(store::Store * store, reader_.GetOrEmpty());
  const auto name = store::ParseModelName(typed);
  if (!name) return AddRun(*store, typed, name.error());
  if (const auto version = store::FindVersion(*store, *name); !version) return AddRun(*store, typed, version.error());
  if (!followed_.contains(name->name)) TW_RETURN_IF_ERROR(shelf_.IsFree(name->name, typed));
  Followed& followed = followed_[name->name];
  followed.typed.push_back(*name);
  return Update(*store, name->name, followed, /*first=*/true);
}

/// What is no name of the registry may be a run; if not, `unknown` is what was wrong.
Status RegistryModels::AddRun(store::Store& store, const std::string& typed, const Error& unknown) {
  const auto run = store::FindRun(store, typed);
  if (!run) return unknown;
  TW_TRY(const std::string kept, store::RunFile(store, run->id, "model.tw"));
  const std::string file = kept.empty() ? run->folder + "/model.tw" : kept;
  return shelf_.AddFile(run->id, file);
}

// Builds what is served under a name from what is held and what the registry says.
Status RegistryModels::Update(store::Store& store, const std::string& name, Followed& followed, bool first) {
  TW_TRY(const Versions versions, store::ListVersions(store, name));
  if (versions.empty())
    return Error(Code::kNotFound, "model-not-found",
                 "model is in the registry no more, what was loaded stays in service: " + Quoted(name));
  const SnapshotPtr snapshot = shelf_.Current();
  const auto found = snapshot->models.find(name);
  const NamedModel before = found == snapshot->models.end() ? NamedModel() : found->second;

  NamedModel next;
  next.followed = true;
  std::map<int, std::string> files;
  std::optional<Error> failure;
  const auto hold = [&](const store::VersionFacts& facts) -> bool {
    const int number = int(facts.version);
    if (next.versions.contains(number)) return true;
    const auto held = before.versions.find(number);
    if (held != before.versions.end() && followed.files[number] == facts.sha256) {
      next.versions.insert(*held);
    } else {
      auto model = shelf_.Load(name, number, facts.path);
      if (!model) {
        failure = Error(model.error().code(), model.error().id(),
                        name + " version " + std::to_string(number) +
                            " is not served, what was loaded stays: " + model.error().message())
                      .In(facts.path);
        return false;
      }
      if (!first) shelf_.Warm(**model);
      next.versions[number] = std::move(*model);
    }
    files[number] = facts.sha256;
    return true;
  };
  for (const store::VersionFacts& facts : versions) {
    if (facts.version > std::numeric_limits<int>::max()) continue;
    const bool typed = std::any_of(followed.typed.begin(), followed.typed.end(),
                                   [&](const store::ModelName& word) { return word.version == facts.version; });
    if ((typed || !facts.aliases.empty()) && hold(facts))
      for (const std::string& alias : facts.aliases) next.aliases[alias] = int(facts.version);
  }
  const int meant = Meant(followed.typed.front(), versions);
  next.current = next.versions.contains(meant) ? meant : before.current;
  const auto keep = [&](int number) {
    const auto held = before.versions.find(number);
    if (held == before.versions.end() || next.versions.contains(number)) return;
    next.versions.insert(*held);
    files[number] = followed.files[number];
  };
  keep(before.current);
  // An alias whose new version cannot be loaded stays where it was.
  for (const store::VersionFacts& facts : versions)
    for (const std::string& alias : facts.aliases)
      if (const auto old = before.aliases.find(alias); !next.aliases.contains(alias) && old != before.aliases.end()) {
        keep(old->second);
        next.aliases[alias] = old->second;
      }
  if (next.current == 0) return *failure;

  if (next.current != before.current && !first)
    context_.Log(Level::kInfo, "registry", name + " version " + std::to_string(next.current));
  followed.files = std::move(files);
  shelf_.Put(name, std::move(next));
  if (!failure) return Ok();
  if (!first) return *failure;
  trouble_.Tell(context_, *failure);
  return Ok();
}

void RegistryModels::Refresh() {
  if (followed_.empty()) return;
  const auto looked = [&]() -> Status {
    TW_TRY(store::Store * store, reader_.Get());
    if (store == nullptr)
      return Error(Code::kNotFound, "store-absent", "the store is gone; what was loaded stays in service")
          .In(reader_.location().path);
    auto changes = store::RegistryChanges(*store);
    if (!changes) {
      reader_.Close();
      return changes.error();
    }
    if (*changes == seen_ && Clock::now() < again_) return Ok();
    again_ = TimePoint::max();
    seen_ = *changes;
    std::optional<Error> failure;
    for (auto& [name, followed] : followed_)
      if (const Status updated = Update(*store, name, followed, /*first=*/false); !updated) failure = updated.error();
    if (const Status recorded = Record(); !recorded) failure = recorded.error();
    if (failure) {
      again_ = Clock::now() + ToDuration(kAgainSeconds);
      return *failure;
    }
    trouble_.Over();
    return Ok();
  }();
  if (!looked) trouble_.Tell(context_, looked.error());
}

// Notes which version answers, where the bare name follows the champion.
Status RegistryModels::Record() {
  const SnapshotPtr snapshot = shelf_.Current();
  for (auto& [name, followed] : followed_) {
    const store::ModelName& word = followed.typed.front();
    const std::int64_t current = snapshot->models.at(name).current;
    if (word.version || word.alias != "champion" || followed.recorded == current) continue;
    TW_TRY(const auto writer, writer_.Get());
    TW_RETURN_IF_ERROR(store::RecordChampion(*writer, name, current));
    followed.recorded = current;
  }
  return Ok();
}

}  // namespace tagwerk::serve
