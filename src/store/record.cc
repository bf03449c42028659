// A finished run, from its document (tagwerk.run/1) into the tables.
#include <time.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "store/artifacts.h"
#include "store/runs.h"

namespace tagwerk::store {

namespace {

const Json& MemberOf(const Json& object, const char* name) {
  static const Json none;
  return object.is_object() && object.contains(name) ? object[name] : none;
}

double NumberOf(const Json& object, const char* name) {
  const Json& value = MemberOf(object, name);
  return value.is_number() ? value.get<double>() : std::nan("");
}

std::string TextOf(const Json& object, const char* name) {
  const Json& value = MemberOf(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

Value OneOfOr(const std::string& text, std::initializer_list<const char*> allowed, const char* otherwise) {
  for (const char* word : allowed)
    if (text == word) return text;
  return std::string(otherwise);
}

Status RecordFacts(Store& store, const Json& document, const std::string& id) {
  const Json &data = MemberOf(document, "data"), &goal = MemberOf(document, "goal"), &used = MemberOf(document, "used");
  TW_RETURN_IF_ERROR(store.database().Change(
      "UPDATE runs SET status = ?, stop_reason = ?, target = ?, task = ?, metric = ?, data_fingerprint = ?, "
      "row_count = ?, column_count = ?, trial_count = ?, finished_at = ?, seconds = ?, error = NULL, process = NULL "
      "WHERE id = ?",
      {OneOfOr(TextOf(document, "status"), {"done", "gate_failed", "interrupted", "failed"}, "done"),
       Member(document, "stop_reason"), Member(goal, "target"), Member(goal, "task"), Member(goal, "metric"),
       Member(data, "fingerprint"), Member(data, "rows"), Member(data, "columns"), Member(used, "trials"),
       Member(document, "finished_at"), Member(used, "seconds"), id}));
  return Ok();
}

Status RecordFindings(Store& store, const Json& findings, const std::string& id) {
  std::int64_t position = 0;
  for (const Json& finding : findings) {
    TW_RETURN_IF_ERROR(store.database().Change(
        "INSERT INTO findings (run, position, kind, severity, columns, row_count, action, evidence, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {id, position++, TextOf(finding, "id"),
         OneOfOr(TextOf(finding, "severity"), {"critical", "warning", "note"}, "note"),
         DumpJson(MemberOf(finding, "columns")), Member(finding, "rows"), Member(finding, "action"),
         Member(finding, "evidence"), Member(finding, "text")}));
  }
  return Ok();
}

Status RecordTrials(Store& store, const Json& leaderboard, const std::string& id) {
  for (const Json& row : leaderboard) {
    const auto number = [&](const char* name) { return Number(NumberOf(row, name)); };
    const double share = NumberOf(row, "rows_share"), weight = NumberOf(row, "ensemble_weight");
    TW_RETURN_IF_ERROR(store.database().Change(
        "INSERT INTO trials (run, trial, baseline, learner, title, parameters, status, rank, metric, score, score_low, "
        "score_high, baseline_difference, folds, rows_share, ensemble_weight, fit_seconds, predict_us_per_row, "
        "size_bytes, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {id,
         Member(row, "trial"),
         std::int64_t(MemberOf(row, "baseline") == Json(true)),
         TextOf(row, "learner"),
         TextOf(row, "model"),
         DumpJson(MemberOf(row, "parameters")),
         OneOfOr(TextOf(row, "status"), {"ok", "pruned", "failed", "stopped"}, "failed"),
         Member(row, "rank"),
         TextOf(row, "metric"),
         number("score"),
         number("score_low"),
         number("score_high"),
         number("baseline_difference"),
         std::int64_t(std::isfinite(NumberOf(row, "folds")) ? NumberOf(row, "folds") : 0),
         std::isfinite(share) ? share : 1.0,
         std::isfinite(weight) ? weight : 0.0,
         number("fit_seconds"),
         number("predict_us_per_row"),
         Member(row, "size_bytes"),
         Member(row, "error")}));
  }
  return Ok();
}

Status RecordMetric(Store& store, const std::string& id, const std::string& scope, const Json& metric) {
  if (!metric.is_object() || TextOf(metric, "name").empty()) return Ok();
  TW_RETURN_IF_ERROR(store.database().Change(
      "INSERT INTO metrics (run, scope, name, value, low, high, level, row_count, direction) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      {id, scope, TextOf(metric, "name"), Number(NumberOf(metric, "value")), Number(NumberOf(metric, "low")),
       Number(NumberOf(metric, "high")), Number(NumberOf(metric, "level")), Member(metric, "rows"),
       OneOfOr(TextOf(metric, "direction"), {"max", "min"}, "max")}));
  return Ok();
}

/// A member that is one metric or a list of them.
Status RecordMetrics(Store& store, const std::string& id, const std::string& scope, const Json& metrics) {
  if (!metrics.is_array()) return RecordMetric(store, id, scope, metrics);
  for (const Json& metric : metrics) TW_RETURN_IF_ERROR(RecordMetric(store, id, scope, metric));
  return Ok();
}

Status ForgetFigures(Store& store, const std::string& id) {
  for (const char* table : {"findings", "trials", "metrics", "run_artifacts"})
    TW_RETURN_IF_ERROR(store.database().Change(std::string("DELETE FROM ") + table + " WHERE run = ?", {id}));
  return Ok();
}

Json MainMetric(const Json& document) {
  const std::string name = TextOf(MemberOf(document, "goal"), "metric");
  for (const Json& metric : MemberOf(MemberOf(document, "test"), "metrics"))
    if (TextOf(metric, "name") == name) return metric;
  return nullptr;
}

NewVersion VersionOf(const Json& document, const RunFiles& files, const Artifact& model) {
  const Json metric = MainMetric(document);
  const Json &gate = MemberOf(document, "gate"), &goal = MemberOf(document, "goal");
  NewVersion version{TextOf(document, "name"),
                     files.project,
                     TextOf(goal, "task"),
                     TextOf(goal, "target"),
                     TextOf(document, "id"),
                     "run",
                     model,
                     TextOf(metric, "name"),
                     NumberOf(metric, "value"),
                     NumberOf(metric, "low"),
                     NumberOf(metric, "high"),
                     NumberOf(MemberOf(MemberOf(document, "test"), "better_than_baseline"), "low"),
                     {}};
  if (const Json& passed = MemberOf(gate, "passed"); passed.is_boolean()) version.gate_passed = passed.get<bool>();
  return version;
}

struct NamedArtifact {
  std::string name;
  Artifact artifact;
};

Status NameFile(Store& store, const std::string& id, const NamedArtifact& file) {
  TW_RETURN_IF_ERROR(NameArtifact(store, file.artifact));
  TW_RETURN_IF_ERROR(store.database().Change("INSERT INTO run_artifacts (run, name, sha256) VALUES (?, ?, ?)",
                                             {id, file.name, file.artifact.sha256}));
  return Ok();
}

Status RecordAll(Store& store, Json& document, const RunFiles& files, const std::vector<NamedArtifact>& kept,
                 const std::optional<Artifact>& model, const std::string& actor) {
  const std::string id = TextOf(document, "id");
  TW_RETURN_IF_ERROR(ForgetFigures(store, id));
  TW_RETURN_IF_ERROR(RecordFacts(store, document, id));
  TW_RETURN_IF_ERROR(RecordFindings(store, MemberOf(document, "findings"), id));
  TW_RETURN_IF_ERROR(RecordTrials(store, MemberOf(document, "leaderboard"), id));
  const Json& baseline = MemberOf(document, "baseline");
  TW_RETURN_IF_ERROR(RecordMetrics(store, id, "test", MemberOf(MemberOf(document, "test"), "metrics")));
  TW_RETURN_IF_ERROR(RecordMetrics(store, id, "baseline_test", MemberOf(baseline, "test")));
  TW_RETURN_IF_ERROR(RecordMetrics(store, id, "baseline_validation", MemberOf(baseline, "validation")));
  for (const NamedArtifact& file : kept) TW_RETURN_IF_ERROR(NameFile(store, id, file));
  if (model) {
    TW_RETURN_IF_ERROR(NameFile(store, id, {"model.tw", *model}));
    if (files.register_model) {
      TW_TRY(const Registered registered, RegisterVersion(store, VersionOf(document, files, *model), actor));
      document["model"]["version"] = registered.version;
      document["model"]["alias"] = registered.alias;
    }
  }
  TW_TRY(const Artifact text, KeepBytes(store, "runs", ".json", DumpJson(document, 1) + "\n"));
  return NameFile(store, id, {"run.json", text});
}

double UnixOf(const std::string& utc) {
  std::tm time{};
  const char* rest = ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  return rest == nullptr ? 0 : double(::timegm(&time)) + std::strtod(("0" + std::string(rest)).c_str(), nullptr);
}

}  // namespace

Result<Json> ImportRun(Store& store, Json document) {
  const auto whole = [&](const char* name) {
    const double value = NumberOf(document, name);
    return std::isfinite(value) && std::abs(value) < 1e15 ? std::int64_t(value) : 0;
  };
  RunStart start;
  start.id = TextOf(document, "id");
  start.name = TextOf(document, "name");
  start.command = TextOf(document, "command");
  start.written_by = TextOf(document, "version");
  start.seed = std::uint64_t(whole("seed"));
  start.threads = int(whole("threads"));
  start.budget_seconds = std::isfinite(NumberOf(document, "budget_seconds")) ? NumberOf(document, "budget_seconds") : 0;
  start.started_unix = UnixOf(TextOf(document, "started_at"));
  if (document.contains("model") && document["model"].is_object())
    document["model"]["version"] = document["model"]["alias"] = nullptr;  // of another registry
  const FilesGuard guard(store, FilesGuard::Kind::kAdding);
  const Status done = store.database().Write([&]() -> Status {
    TW_RETURN_IF_ERROR(BeginRun(store, start));
    return RecordAll(store, document, {}, {}, {}, "");
  });
  if (!done) return done.error();
  return document;
}

Status RecordRun(Store& store, Json& document, const RunFiles& files, const std::string& actor) {
  const FilesGuard guard(store, FilesGuard::Kind::kAdding);
  std::vector<NamedArtifact> kept;
  for (const auto& [name, file] : files.files) {
    TW_TRY(Artifact artifact, KeepFile(store, "runs", file.path, file.sha256));
    kept.push_back({name, std::move(artifact)});
  }
  std::optional<Artifact> model;
  if (!files.model.path.empty()) {
    TW_TRY(model, KeepFile(store, "models", files.model.path, files.model.sha256));
  }
  const Json before = MemberOf(document, "model");  // RecordAll says there which version it became
  Status status = store.database().Write([&] { return RecordAll(store, document, files, kept, model, actor); });
  if (!status) document["model"] = before;
  return status;
}

}  // namespace tagwerk::store
