// Trials, decisions and the plan as journal records, and back. What does not fit is ignored: the trial
// then runs again.
#include "search/replay.h"

#include <cmath>

#include "base/constants.h"
#include "base/text.h"

namespace tagwerk::search {
namespace {

Json ValuesJson(const model::Parameters& parameters) {
  Json json = Json::object();
  for (const auto& [name, value] : parameters.values()) json[name] = value;
  return json;
}

const Json* FindMember(const Json& json, const char* name) {
  const auto it = json.is_object() ? json.find(name) : json.end();
  return json.is_object() && it != json.end() ? &*it : nullptr;
}

double Number(const Json& json, const char* name, double fallback) {
  const Json* value = FindMember(json, name);
  return value != nullptr && value->is_number() ? value->get<double>() : fallback;
}

std::string Text(const Json& json, const char* name) {
  const Json* value = FindMember(json, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::vector<double> Numbers(const Json& json, const char* name) {
  std::vector<double> out;
  if (const Json* list = FindMember(json, name); list != nullptr && list->is_array())
    for (const Json& value : *list) out.push_back(value.is_number() ? value.get<double>() : kNaN);
  return out;
}

model::Parameters JournalValues(const Json& json, const char* name) {
  model::Parameters parameters;
  if (const Json* map = FindMember(json, name); map != nullptr && map->is_object())
    for (const auto& [key, value] : map->items())
      if (value.is_number()) parameters.Set(key, value.get<double>());
  return parameters;
}

Json RecordJson(const Trial& trial) {
  const TrialRecord& record = trial.record;
  Json json;
  json["trial"] = trial.id;
  json["key"] = std::to_string(trial.configuration.Key());
  json["title"] = record.title;
  json["status"] = record.status;
  json["error"] = record.error;
  json["score"] = record.score;
  json["low"] = record.low, json["high"] = record.high;
  json["fold_scores"] = record.fold_scores;
  json["folds_done"] = record.folds_done, json["folds"] = record.folds;
  json["fit_seconds"] = record.fit_seconds;
  json["predict_us_per_row"] = record.predict_us_per_row;
  json["size_bytes"] = record.size_bytes;
  json["refit"] = ValuesJson(record.refit);
  std::vector<double> curve;
  for (const auto& point : record.curve)
    curve.insert(curve.end(), {double(point.iteration), point.train_loss, point.valid_loss});
  json["curve"] = curve;
  json["card_score"] = trial.card.score;
  json["card"] = trial.card.without;
  return json;
}

/// Binary probabilities are kept as those of class 1 where class 0 is exactly the rest.
bool Packs(const Problem& problem, const std::vector<double>& oof) {
  if (problem.outputs != 2 || problem.input->task == Task::kRegression) return false;
  for (std::size_t i = 0; i < oof.size(); i += 2)
    if (1.0 - oof[i + 1] != oof[i]) return false;
  return true;
}

std::string PackScores(const Problem& problem, const std::vector<double>& oof, bool packed) {
  if (!packed) return BlobOf(oof);
  std::vector<double> half(problem.oof_rows.size());
  for (std::size_t i = 0; i < half.size(); ++i) half[i] = oof[2 * i + 1];
  return BlobOf(half);
}

std::vector<double> UnpackScores(const Problem& problem, const JournalRecord& record) {
  std::vector<double> values = DoublesOf(record.blob);
  const Json* packed = FindMember(record.body, "packed");
  if (packed != nullptr && packed->is_boolean() && packed->get<bool>() && problem.outputs == 2) {
    std::vector<double> both(values.size() * 2);
    for (std::size_t i = 0; i < values.size(); ++i) both[2 * i] = 1.0 - values[i], both[2 * i + 1] = values[i];
    values = std::move(both);
  }
  return values.size() == problem.oof_rows.size() * std::size_t(problem.outputs) ? values : std::vector<double>();
}

}  // namespace

Replay::Replay(Journal* journal) : journal_(journal) {
  if (journal == nullptr) return;
  for (const JournalRecord& record : journal->records()) {
    if (record.type == "plan") plan_ = &record;
    if (record.type == "decision") decisions_.emplace(int(Number(record.body, "step", -1)), &record);
    if (record.type == "ensemble") ensembles_.emplace(int(Number(record.body, "trials", -1)), &record);
    if (record.type == "trial") trials_.emplace(int(Number(record.body, "trial", -1)), &record);
  }
}

std::optional<Plan> Replay::plan() const {
  if (plan_ == nullptr) return std::nullopt;
  Plan plan;
  plan.folds = std::size_t(std::clamp(Number(plan_->body, "folds", 1), 1.0, 1000.0));
  plan.share = std::clamp(Number(plan_->body, "share", 1), 1e-6, 1.0);
  plan.baseline_share = std::clamp(Number(plan_->body, "baseline_share", 1), 1e-6, 1.0);
  return plan;
}

std::optional<std::size_t> Replay::Candidates(std::size_t trials) const {
  const auto found = ensembles_.find(int(trials));
  if (found == ensembles_.end()) return std::nullopt;
  return std::size_t(std::clamp(Number(found->second->body, "candidates", 1), 1.0, 1000.0));
}

Status Replay::WriteCandidates(std::size_t trials, std::size_t candidates) {
  if (ensembles_.contains(int(trials))) return Ok();
  JournalRecord record{"ensemble", Json::object(), ""};
  record.body["trials"] = trials;
  record.body["candidates"] = candidates;
  return Append(std::move(record));
}

std::optional<Decision> Replay::Find(const Problem& problem, int step) const {
  const auto found = decisions_.find(step);
  if (found == decisions_.end()) return std::nullopt;
  const Json* list = FindMember(found->second->body, "trials");
  if (list == nullptr || !list->is_array()) return std::nullopt;
  Decision decision;
  decision.step = step;
  for (const Json& item : *list) {
    Trial trial;
    trial.id = int(Number(item, "trial", -1));
    const Json* baseline = FindMember(item, "baseline");
    trial.baseline = baseline != nullptr && baseline->is_boolean() && baseline->get<bool>();
    trial.configuration.learner = problem.Find(Text(item, "learner"));
    trial.configuration.parameters = JournalValues(item, "parameters");
    trial.configuration.share = std::clamp(Number(item, "share", 1), 1e-6, 1.0);
    if (trial.configuration.learner == nullptr || trial.id < 1) return std::nullopt;
    const auto& learner = *trial.configuration.learner;
    if (!model::ValidateParameters(learner.id, learner.parameters, trial.configuration.parameters)) return std::nullopt;
    decision.batch.push_back(std::move(trial));
  }
  if (decision.batch.empty()) return std::nullopt;
  return decision;
}

bool Replay::Restore(const Problem& problem, Trial& trial) const {
  const auto found = trials_.find(trial.id);
  if (found == trials_.end()) return false;
  const Json& json = found->second->body;
  if (Text(json, "key") != std::to_string(trial.configuration.Key())) return false;
  TrialRecord& record = trial.record;
  record.trial = trial.id;
  record.learner = trial.configuration.learner->id;
  record.title = Text(json, "title");
  record.baseline = trial.baseline;
  record.parameters = trial.configuration.parameters;
  record.rows_share = trial.configuration.share;
  record.status = Text(json, "status");
  record.error = Text(json, "error");
  record.score = Number(json, "score", kNaN);
  record.low = Number(json, "low", kNaN), record.high = Number(json, "high", kNaN);
  record.fold_scores = Numbers(json, "fold_scores");
  record.folds_done = int(Number(json, "folds_done", 0));
  record.folds = int(Number(json, "folds", 0));
  record.fit_seconds = Number(json, "fit_seconds", 0);
  record.predict_us_per_row = Number(json, "predict_us_per_row", 0);
  record.size_bytes = std::uint64_t(std::max(0.0, Number(json, "size_bytes", 0)));
  record.refit = JournalValues(json, "refit");
  const auto curve = Numbers(json, "curve");
  for (std::size_t i = 0; i + 2 < curve.size(); i += 3)
    record.curve.push_back({int(curve[i]), curve[i + 1], curve[i + 2]});
  trial.card.score = Number(json, "card_score", kNaN);
  trial.card.without = Numbers(json, "card");
  const bool has_scores = !found->second->blob.empty();
  if (has_scores) record.oof = UnpackScores(problem, *found->second);
  if (record.folds != int(problem.folds) || (has_scores && record.oof.empty())) return false;
  return record.status == "ok" || record.status == "pruned" || record.status == "failed";
}

Status Replay::Append(JournalRecord record) {
  if (journal_ == nullptr) return Ok();
  auto status = journal_->Append(record);
  if (status) return Ok();
  Error error = std::move(status).error();
  if (!trials_.empty()) error.Do("then --resume; finished trials are kept");
  return error;
}

Status Replay::Write(const Plan& plan) {
  JournalRecord record{"plan", Json::object(), ""};
  record.body["folds"] = plan.folds;
  record.body["share"] = plan.share;
  record.body["baseline_share"] = plan.baseline_share;
  return Append(std::move(record));
}

Status Replay::Write(const Decision& decision, double seconds_left) {
  JournalRecord record{"decision", Json::object(), ""};
  record.body["step"] = decision.step;
  record.body["seconds_left"] = std::min(seconds_left, 1e9);
  record.body["trials"] = Json::array();
  for (const Trial& trial : decision.batch) {
    Json item;
    item["trial"] = trial.id;
    item["learner"] = trial.configuration.learner->id;
    item["baseline"] = trial.baseline;
    item["parameters"] = ValuesJson(trial.configuration.parameters);
    item["share"] = trial.configuration.share;
    record.body["trials"].push_back(std::move(item));
  }
  return Append(std::move(record));
}

Status Replay::Write(const Problem& problem, const Trial& trial, bool with_scores) {
  JournalRecord record{"trial", RecordJson(trial), ""};
  if (with_scores && !trial.record.oof.empty()) {
    const bool packed = Packs(problem, trial.record.oof);
    record.body["packed"] = packed;
    record.blob = PackScores(problem, trial.record.oof, packed);
  }
  return Append(std::move(record));
}

}  // namespace tagwerk::search
