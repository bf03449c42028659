#include "store/models.h"

#include <algorithm>

#include "base/text.h"

namespace tagwerk::store {

namespace {

constexpr const char* kVersionColumns =
    "SELECT v.model, v.version, v.run, v.sha256, a.path, a.bytes, v.metric, v.score, v.score_low, v.score_high, "
    "v.gain_low, v.gate_passed, v.source, v.created_at, m.task, m.target, l.alias FROM versions v "
    "JOIN models m ON m.name = v.model JOIN artifacts a ON a.sha256 = v.sha256 "
    "LEFT JOIN aliases l ON l.model = v.model AND l.version = v.version ";

std::vector<VersionFacts> VersionsOf(const Store& store, const std::vector<Row>& rows) {
  std::vector<VersionFacts> versions;
  for (const Row& row : rows) {
    if (versions.empty() || versions.back().model != row.Text(0) || versions.back().version != row.Int(1)) {
      VersionFacts facts;
      facts.model = row.Text(0);
      facts.version = row.Int(1);
      facts.run = row.Text(2);
      facts.sha256 = row.Text(3);
      facts.path = store.location().File(row.Text(4));
      facts.bytes = std::uint64_t(row.Int(5));
      facts.metric = row.Text(6);
      facts.score = row.Real(7);
      facts.low = row.Real(8);
      facts.high = row.Real(9);
      facts.gain_low = row.Real(10);
      if (!row.Null(11)) facts.gate_passed = row.Int(11) != 0;
      facts.source = row.Text(12);
      facts.created_at = row.Text(13);
      facts.task = row.Text(14);
      facts.target = row.Text(15);
      versions.push_back(std::move(facts));
    }
    if (!row.Null(16)) versions.back().aliases.push_back(row.Text(16));
  }
  return versions;
}

bool NameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '.' || c == '_' || c == '-';
}

bool GoodName(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name[0] != '.' && std::all_of(name.begin(), name.end(), NameCharacter);
}

Error BadName(const std::string& typed) {
  return Error(Code::kInvalidArgument, "model-name", "this is no name of a model: " + Quoted(typed))
      .Allowed({"NAME", "NAME@ALIAS", "NAME:VERSION"})
      .Do("letters, digits and ._- make a name, at most 64");
}

/// Returns the version that an alias points to now.
Result<std::optional<std::int64_t>> AliasVersion(Store& store, const std::string& model, const std::string& alias) {
  TW_TRY(const auto row,
         store.database().QueryOne("SELECT version FROM aliases WHERE model = ? AND alias = ?", {model, alias}));
  return row ? std::optional(row->Int(0)) : std::optional<std::int64_t>();
}

struct Move {
  std::string model, alias, kind, actor, reason;
  std::optional<std::int64_t> to;
  bool forced = false;
};

/// Moves an alias and writes history and audit log; inside a transaction.
Status MoveAlias(Store& store, const Move& move) {
  Database& database = store.database();
  TW_TRY(const auto before, AliasVersion(store, move.model, move.alias));
  TW_TRY(const std::int64_t number, store.Next("alias_change"));
  const Value from = before ? Value(*before) : Value(), to = move.to ? Value(*move.to) : Value();
  if (move.to) {
    TW_RETURN_IF_ERROR(database.Change(
        "INSERT INTO aliases (model, alias, version, number) VALUES (?, ?, ?, ?) ON CONFLICT (model, alias) DO UPDATE "
        "SET version = excluded.version, number = excluded.number",
        {move.model, move.alias, to, number}));
  } else {
    TW_RETURN_IF_ERROR(database.Change("DELETE FROM aliases WHERE model = ? AND alias = ?", {move.model, move.alias}));
  }
  TW_RETURN_IF_ERROR(database.Change(
      "INSERT INTO alias_changes (number, model, alias, version_before, version_after, kind, forced, actor, reason, "
      "changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {number, move.model, move.alias, from, to, move.kind, std::int64_t(move.forced), move.actor,
       NullIfEmpty(move.reason), UtcTime(UnixNow())}));
  TW_RETURN_IF_ERROR(store.Next("registry"));
  return store.Audit(move.actor, "alias." + move.kind, move.model + "@" + move.alias,
                     {{"from", before ? Json(*before) : Json()},
                      {"to", move.to ? Json(*move.to) : Json()},
                      {"forced", move.forced},
                      {"reason", move.reason.empty() ? Json() : Json(move.reason)}});
}

Result<std::optional<std::int64_t>> SameVersion(Store& store, const NewVersion& version) {
  if (version.run.empty()) return std::optional<std::int64_t>();
  TW_TRY(const auto row,
         store.database().QueryOne("SELECT version FROM versions WHERE model = ? AND run = ? AND sha256 = ?",
                                   {version.model, version.run, version.file.sha256}));
  return row ? std::optional(row->Int(0)) : std::optional<std::int64_t>();
}

Result<std::int64_t> AddVersion(Store& store, const NewVersion& version) {
  Database& database = store.database();
  const std::string now = UtcTime(UnixNow());
  TW_RETURN_IF_ERROR(NameArtifact(store, version.file));
  TW_TRY(const auto number,
         database.QueryOne("INSERT INTO models (name, project, task, target, last_version, created_at) VALUES "
                           "(?, ?, ?, ?, 1, ?) ON CONFLICT (name) DO UPDATE SET last_version = models.last_version + 1 "
                           "RETURNING last_version",
                           {version.model, NullIfEmpty(version.project), NullIfEmpty(version.task),
                            NullIfEmpty(version.target), now}));
  TW_RETURN_IF_ERROR(database.Change(
      "INSERT INTO versions (model, version, run, sha256, metric, score, score_low, score_high, gate_passed, gain_low, "
      "source, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {version.model, number->Int(0), NullIfEmpty(version.run), version.file.sha256, NullIfEmpty(version.metric),
       Number(version.score), Number(version.low), Number(version.high),
       version.gate_passed ? Value(std::int64_t(*version.gate_passed)) : Value(), Number(version.gain_low),
       version.source, now}));
  return number->Int(0);
}

Error NoSuchModel(const std::string& name, const std::vector<VersionFacts>& all, const Store& store) {
  std::vector<std::string> names;
  for (const VersionFacts& facts : all)
    if (names.empty() || names.back() != facts.model) names.push_back(facts.model);
  Error error(Code::kNotFound, "model-not-found", "model is not in the registry: " + Quoted(name));
  error.In(store.location().path).ExitCode(2);
  if (const auto similar = SimilarNames(name, names); !similar.empty()) error.Similar(similar);
  return error.Do("tagwerk models list; a file is named with its ending or folder: ./" + Printable(name));
}

}  // namespace

Result<ModelName> ParseModelName(const std::string& typed) {
  ModelName out;
  const auto mark = typed.find_first_of("@:");
  out.name = typed.substr(0, mark);
  if (!GoodName(out.name)) return BadName(typed);
  if (mark == std::string::npos) return out;
  const std::string rest = typed.substr(mark + 1);
  if (typed[mark] == '@') {
    if (!GoodName(rest)) return BadName(typed);
    out.alias = rest;
    return out;
  }
  out.version = ParseWhole(rest);
  if (!out.version || *out.version < 1) return BadName(typed);
  return out;
}

Result<Registered> RegisterVersion(Store& store, const NewVersion& version, const std::string& actor) {
  if (!GoodName(version.model)) return BadName(version.model);
  Registered out;
  const Status done = store.database().Write([&]() -> Status {
    TW_TRY(const auto same, SameVersion(store, version));
    TW_TRY(const auto champion, AliasVersion(store, version.model, "champion"));
    out.alias = champion && champion != same ? "challenger" : "champion";
    if (same) {
      out.version = *same;
      return Ok();
    }
    TW_TRY(out.version, AddVersion(store, version));
    return MoveAlias(store, {version.model, out.alias, "register", actor, "", out.version});
  });
  if (!done) return done.error();
  return out;
}

Result<std::vector<VersionFacts>> ListVersions(Store& store, const std::string& model) {
  TW_TRY(const auto rows,
         store.database().Query(std::string(kVersionColumns) + "WHERE ? = '' OR v.model = ? "
                                                               "ORDER BY v.model, v.version DESC, l.alias",
                                {model, model}));
  return VersionsOf(store, rows);
}

Result<VersionFacts> FindVersion(Store& store, const ModelName& name) {
  TW_TRY(const auto versions, ListVersions(store, name.name));
  if (versions.empty()) {
    TW_TRY(const auto all, ListVersions(store));
    return NoSuchModel(name.name, all, store);
  }
  std::vector<std::string> allowed;
  for (const VersionFacts& facts : versions) {
    if (name.version ? facts.version == *name.version
                     : std::find(facts.aliases.begin(), facts.aliases.end(), name.alias) != facts.aliases.end())
      return facts;
    if (name.version) allowed.push_back(name.name + ":" + std::to_string(facts.version));
    for (const std::string& alias : facts.aliases)
      if (!name.version) allowed.push_back(name.name + "@" + alias);
  }
  if (allowed.size() > 5) allowed.resize(5);
  if (name.version)
    return Error(Code::kNotFound, "version-not-found",
                 "model has no such version: " + Quoted(name.name + ":" + std::to_string(*name.version)))
        .In(store.location().path)
        .Allowed(allowed)
        .ExitCode(2);
  return Error(Code::kNotFound, "alias-not-found", "no version has this alias: " + Quoted(name.name + "@" + name.alias))
      .In(store.location().path)
      .Allowed(allowed)
      .ExitCode(2)
      .Do("tagwerk models promote " + name.name + ":" + std::to_string(versions.front().version) + " --as " +
          name.alias);
}

Result<std::int64_t> AliasNumber(Store& store, const std::string& model, const std::string& alias) {
  TW_TRY(const auto row,
         store.database().QueryOne("SELECT number FROM aliases WHERE model = ? AND alias = ?", {model, alias}));
  if (row) return row->Int(0);
  TW_RETURN_IF_ERROR(FindVersion(store, {model, alias, {}}));  // says what is missing
  return 0;
}

Result<std::vector<AliasChange>> AliasHistory(Store& store, const std::string& model) {
  TW_TRY(const auto rows,
         store.database().Query("SELECT number, alias, kind, actor, reason, changed_at, version_before, version_after, "
                                "forced FROM alias_changes WHERE model = ? ORDER BY number",
                                {model}));
  std::vector<AliasChange> changes;
  for (const Row& row : rows) {
    AliasChange change{row.Int(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5), {}, {}, false};
    if (!row.Null(6)) change.before = row.Int(6);
    if (!row.Null(7)) change.after = row.Int(7);
    change.forced = row.Int(8) != 0;
    changes.push_back(std::move(change));
  }
  if (!changes.empty()) return changes;
  TW_TRY(const auto all, ListVersions(store));
  return NoSuchModel(model, all, store);
}

Status SetAlias(Store& store, const ModelName& name, const std::string& alias, bool forced, const std::string& reason,
                const std::string& actor, std::optional<std::int64_t> expected) {
  if (!GoodName(alias)) return BadName(name.name + "@" + alias);
  return store.database().Write([&]() -> Status {
    TW_TRY(const VersionFacts version, FindVersion(store, name));
    TW_TRY(const auto now,
           store.database().QueryOne("SELECT version, number FROM aliases WHERE model = ? AND alias = ?",
                                     {name.name, alias}));
    if (expected && *expected != (now ? now->Int(1) : 0))
      return Error(Code::kFailedPrecondition, "alias-moved",
                   "the alias was moved meanwhile: " + Quoted(name.name + "@" + alias))
          .Do("look again: tagwerk models history " + name.name);
    if (now && now->Int(0) == version.version) return Ok();
    TW_RETURN_IF_ERROR(MoveAlias(store, {name.name, alias, "promote", actor, reason, version.version, forced}));
    // Who became champion challenges no more.
    const bool challenged = alias == "champion" && std::find(version.aliases.begin(), version.aliases.end(),
                                                             "challenger") != version.aliases.end();
    return challenged ? MoveAlias(store, {name.name, "challenger", "promote", actor, reason, {}, forced}) : Ok();
  });
}

Result<std::int64_t> RollBack(Store& store, const std::string& model, const std::string& reason,
                              const std::string& actor) {
  std::int64_t target = 0;
  const Status done = store.database().Write([&]() -> Status {
    TW_TRY(const auto changes, AliasHistory(store, model));
    TW_TRY(const auto versions, ListVersions(store, model));
    std::vector<std::int64_t> champions;  // as a stack: a rollback takes away what it undid
    for (const AliasChange& change : changes) {
      if (change.alias != "champion") continue;
      if (change.kind == "rollback") {
        while (!champions.empty() && champions.back() != change.after) champions.pop_back();
      } else if (change.after) {
        champions.push_back(*change.after);
      }
    }
    if (!champions.empty()) champions.pop_back();
    const auto lives = [&](std::int64_t version) {
      return std::any_of(versions.begin(), versions.end(), [&](const auto& v) { return v.version == version; });
    };
    while (!champions.empty() && !lives(champions.back())) champions.pop_back();
    if (champions.empty())
      return Error(Code::kFailedPrecondition, "no-version-before", "there was no champion before: " + Quoted(model))
          .In(store.location().path)
          .ExitCode(2)
          .Do("tagwerk models history " + model);
    target = champions.back();
    return MoveAlias(store, {model, "champion", "rollback", actor, reason, target});
  });
  if (!done) return done.error();
  return target;
}

Status DeleteVersion(Store& store, const ModelName& name, const std::string& actor) {
  return store.database().Write([&]() -> Status {
    TW_TRY(const VersionFacts version, FindVersion(store, name));
    const std::string title = version.model + ":" + std::to_string(version.version);
    if (!version.aliases.empty())
      return Error(Code::kFailedPrecondition, "version-in-use",
                   "version is still " + Join(version.aliases, " and ") + ": " + Quoted(title))
          .In(store.location().path)
          .ExitCode(2)
          .Do("promote another version first");
    TW_RETURN_IF_ERROR(store.database().Change("DELETE FROM versions WHERE model = ? AND version = ?",
                                               {version.model, version.version}));
    TW_RETURN_IF_ERROR(store.Next("registry"));
    return store.Audit(actor, "version.delete", title, {{"sha256", version.sha256}});
  });
}

}  // namespace tagwerk::store
