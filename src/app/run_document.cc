// The run document (tagwerk.run/1) and leaderboard.csv, from what the run holds.
#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "app/run_state.h"
#include "base/text.h"
#include "learners/catalog.h"
#include "app/version.h"

namespace tagwerk::app {

namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Json Used(const RunState& state) {
  Json phases = Json::object();
  for (const PhaseTime& phase : state.phases)
    phases[phase.phase] = {{"seconds", phase.seconds}, {"peak_memory_bytes", phase.peak_memory_bytes}};
  int trials = 0;
  for (const auto& trial : state.search.trials) trials += !trial.baseline;
  return {{"seconds", state.Elapsed()},
          {"cpu_seconds", CpuSeconds()},
          {"peak_memory_bytes", PeakResidentBytes()},
          {"trials", trials},
          {"phases", phases}};
}

Json DataMember(const RunState& state) {
  const table::ReadResult& read = state.read;
  Json sources = Json::array();
  for (const auto& source : read.sources)
    sources.push_back({{"path", source.path},
                       {"format", source.format},
                       {"compression", source.compression},
                       {"bytes", source.bytes},
                       {"rows", source.rows},
                       {"dialect", source.dialect}});
  const double lines = double(std::max<std::int64_t>(1, read.physical_lines));
  return {{"sources", sources},
          {"fingerprint", state.table().Fingerprint()},
          {"rows", state.table().num_rows()},
          {"columns", state.table().num_columns()},
          {"rejected_rows", read.rejected_lines},
          {"rejected_share", double(read.rejected_lines) / lines},
          {"rows_without_target", state.table().num_rows() - state.profile.labelled.size()},
          {"sampled_share", read.sampled.share()}};
}

Json GoalMember(const RunState& state) {
  return {{"target", state.table().field(state.goal.target).name},
          {"task", TaskName(state.goal.task)},
          {"metric", state.metric->id},
          {"positive",
           state.goal.task == Task::kBinary ? Json(state.goal.classes[std::size_t(state.goal.positive)]) : Json()},
          {"classes", state.goal.classes},
          {"threshold", state.goal.task == Task::kBinary ? Json(state.judged.threshold) : Json()},
          {"value", state.request.decision.value},
          {"regret", state.request.decision.regret},
          {"capacity", CapacityMember(state)},
          {"unit", state.request.decision.unit.empty() ? Json() : Json(state.request.decision.unit)}};
}

Json ColumnsMember(const RunState& state) {
  Json columns = Json::array();
  for (std::size_t j = 0; j < state.table().num_columns(); ++j) {
    const table::Field& field = state.table().field(j);
    const profile::ColumnProfile& facts = state.profile.columns[j];
    const bool used =
        std::find(state.profile.features.begin(), state.profile.features.end(), j) != state.profile.features.end();
    const std::string& reason = state.profile.reason_not_used[j];
    columns.push_back({{"name", field.name},
                       {"original_name", field.original_name},
                       {"type", table::TypeName(field.type)},
                       {"type_confidence", field.type_confidence},
                       {"type_evidence", field.type_evidence},
                       {"unit", field.unit.empty() ? Json() : Json(field.unit)},
                       {"role", table::RoleName(field.role)},
                       {"used", used},
                       {"reason", used || reason.empty() ? Json() : Json(reason)},
                       {"missing_share", facts.rows > 0 ? double(facts.missing) / double(facts.rows) : 0.0},
                       {"distinct", facts.distinct},
                       {"statistics", profile::ColumnProfileJson(facts, field)}});
  }
  return columns;
}

Json ParametersOf(const search::TrialRecord& trial) {
  const auto learner = learners::FindLearner(trial.learner);
  return learner ? model::ParametersJson((*learner)->parameters, trial.parameters) : Json::object();
}

/// Ranked trials first, then the others in order of start.
std::vector<const search::TrialRecord*> Ranked(const RunState& state) {
  std::vector<const search::TrialRecord*> trials;
  for (const auto& trial : state.search.trials) trials.push_back(&trial);
  std::stable_sort(trials.begin(), trials.end(), [](const auto* a, const auto* b) {
    return (a->rank == 0 ? INT32_MAX : a->rank) < (b->rank == 0 ? INT32_MAX : b->rank);
  });
  return trials;
}

Json LeaderboardRow(const RunState& state, const search::TrialRecord& trial) {
  const auto number = [&](double value) { return trial.folds_done > 0 && std::isfinite(value) ? Json(value) : Json(); };
  return {{"rank", trial.rank > 0 ? Json(trial.rank) : Json()},
          {"trial", trial.trial},
          {"model", (trial.baseline ? "baseline/" : "") + trial.title},
          {"learner", trial.learner},
          {"parameters", ParametersOf(trial)},
          {"metric", state.metric->id},
          {"score", number(trial.score)},
          {"score_low", number(trial.low)},
          {"score_high", number(trial.high)},
          {"baseline_difference", number(trial.difference)},
          {"difference_low", number(trial.difference_low)},
          {"difference_high", number(trial.difference_high)},
          {"folds", trial.folds_done},
          {"rows_share", trial.rows_share},
          {"status", trial.status},
          {"ensemble_weight", trial.ensemble_weight},
          {"error", trial.error.empty() ? Json() : Json(trial.error)},
          {"fit_seconds", trial.fit_seconds},
          {"predict_us_per_row", trial.predict_us_per_row},
          {"size_bytes", trial.size_bytes},
          {"baseline", trial.baseline},
          {"fold_scores", trial.fold_scores}};
}

std::string CsvCell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return Shortest(value.get<double>());
  std::string text = value.is_string() ? value.get<std::string>() : DumpJson(value);
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

Json ModelMember(const RunState& state) {
  Json members = Json::array();
  for (std::size_t i = 0; i < state.members.size() && i < state.final_pipeline.members.size(); ++i) {
    const search::TrialRecord& trial = state.search.trials[state.members[i]];
    members.push_back({{"title", trial.title},
                       {"learner", trial.learner},
                       {"weight", state.final_pipeline.members[i].weight},
                       {"parameters", ParametersOf(trial)}});
  }
  return {{"path", state.folder ? Json("model.tw") : Json()},
          {"sha256", nullptr},
          {"bytes", nullptr},
          {"name", state.request.name},
          {"version", nullptr},
          {"alias", nullptr},
          {"refitted", state.refitted},
          {"latency_us", state.latency_us},
          {"members", members},
          {"calibration", state.calibration.name()}};
}

Json GateMember(const RunState& state) {
  if (state.gate.empty()) return nullptr;
  return CheckGate(state.request.gate, state.gate, state.test["metrics"], state.test["better_than_baseline"]);
}

/// The command that repeats this outcome: decided by trials, not by the clock.
Json Reproduce(const RunState& state) {
  std::string command = state.request.command;
  int searched = 0;
  for (const auto& trial : state.search.trials) searched += !trial.baseline;
  if (state.request.trials == 0 && searched > 0) command += " --trials " + std::to_string(searched);
  return {{"command", command},
          {"exact", state.request.trials > 0 && state.search.stop_reason != "budget" &&
                        state.search.stop_reason != "interrupt"}};
}

Json Stages(const RunState& state) {
  Json stages = Json::array();
  for (const PhaseTime& phase : state.phases)
    stages.push_back(
        {{"phase", phase.phase}, {"seconds", phase.seconds}, {"peak_memory_bytes", phase.peak_memory_bytes}});
  return stages;
}

}  // namespace

Json RunDocument(const RunState& state) {
  const Json gate = GateMember(state);
  const bool gate_failed = gate.is_object() && !gate.value("passed", true);
  Json findings = Json::array();
  for (const auto& finding : state.profile.findings) findings.push_back(profile::FindingJson(finding));
  Json leaderboard = Json::array();
  for (const auto* trial : Ranked(state)) leaderboard.push_back(LeaderboardRow(state, *trial));
  Json document;
  document["schema"] = "tagwerk.run/1";
  document["id"] = state.folder ? state.folder->id() : state.request.name;
  document["name"] = state.request.name;
  document["status"] = gate_failed ? "gate_failed" : "done";
  document["stop_reason"] = state.interrupted_reason.empty() ? state.search.stop_reason : state.interrupted_reason;
  document["version"] = kVersion;
  document["command"] = state.request.command;
  document["seed"] = state.context.seed;
  document["threads"] = state.context.pool->threads();
  document["memory_limit_bytes"] = state.context.memory_limit;
  document["language"] = state.request.language;
  document["started_at"] = UtcTime(state.request.started_unix);
  document["finished_at"] = UtcTime(UnixNow());
  document["budget_seconds"] = state.request.budget_seconds;
  document["max_trials"] = state.request.trials;
  document["used"] = Used(state);
  document["data"] = DataMember(state);
  document["goal"] = GoalMember(state);
  document["columns"] = ColumnsMember(state);
  document["findings"] = std::move(findings);
  document["split"] = split::SplitJson(state.split, state.table());
  document["baseline"] = state.baseline;
  document["leaderboard"] = std::move(leaderboard);
  document["test"] = state.test;
  document["leakage"] = state.leakage;
  document["stress"] = state.stress;
  document["gate"] = gate;
  document["model"] = ModelMember(state);
  document["files"] = Json::object();
  document["reproduce"] = Reproduce(state);
  document["diagnosis"] = state.diagnosis;
  document["experience"] = state.experience;
  document["detail"] = state.detail;
  document["detail"]["stages"] = Stages(state);
  return document;
}

std::string LeaderboardCsv(const RunState& state) {
  static constexpr const char* kColumns[] = {"rank",
                                             "trial",
                                             "model",
                                             "learner",
                                             "parameters",
                                             "metric",
                                             "score",
                                             "score_low",
                                             "score_high",
                                             "baseline_difference",
                                             "difference_low",
                                             "difference_high",
                                             "folds",
                                             "rows_share",
                                             "status",
                                             "ensemble_weight",
                                             "error",
                                             "fit_seconds",
                                             "predict_us_per_row",
                                             "size_bytes"};
  std::string csv;
  for (const char* column : kColumns) csv += (csv.empty() ? "" : ",") + std::string(column);
  csv += "\n";
  for (const auto* trial : Ranked(state)) {
    const Json row = LeaderboardRow(state, *trial);
    std::string line;
    for (const char* column : kColumns) line += (column == kColumns[0] ? "" : ",") + CsvCell(row[column]);
    csv += line + "\n";
  }
  return csv;
}

}  // namespace tagwerk::app
