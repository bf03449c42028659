#include "app/experience.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "learners/catalog.h"
#include "store/experience.h"

namespace tagwerk::app {

namespace {

constexpr std::int64_t kRunsAsked = 300, kTrialsTaken = 6;
constexpr double kNearEnough = 0.5;
constexpr std::size_t kMostColumnHashes = 2000;

double Entry(const Json& meta, const char* name) {
  return meta.is_object() && meta.contains(name) && meta[name].is_number() ? meta[name].get<double>() : 0;
}

std::set<std::string> ColumnsOf(const Json& meta) {
  std::set<std::string> columns;
  if (!meta.is_object() || !meta.contains("columns") || !meta["columns"].is_array()) return columns;
  for (const Json& column : meta["columns"])
    if (column.is_string()) columns.insert(column.get<std::string>());
  return columns;
}

/// Share of the columns of both that only one has (Jaccard distance).
double ColumnDistance(const Json& a, const Json& b) {
  const auto first = ColumnsOf(a), second = ColumnsOf(b);
  std::size_t shared = 0;
  for (const std::string& column : first) shared += second.count(column);
  const std::size_t all = first.size() + second.size() - shared;
  return all == 0 ? 1 : 1 - double(shared) / double(all);
}

/// Reads stored parameters; those at their defaults are left out, so that equal settings are equal configurations.
std::optional<search::Hint> HintFrom(const std::string& id, const Json& stored) {
  const auto learner = learners::FindLearner(id);
  if (!learner || !stored.is_object()) return std::nullopt;
  search::Hint hint{id, {}};
  for (const auto& spec : (*learner)->parameters) {
    if (!stored.contains(spec.name)) continue;
    const Json& value = stored[spec.name];
    double number = spec.default_value;
    if (value.is_boolean()) {
      number = value.get<bool>() ? 1 : 0;
    } else if (value.is_number()) {
      number = value.get<double>();
    } else if (value.is_string()) {
      const auto choice = std::find(spec.choices.begin(), spec.choices.end(), value.get<std::string>());
      if (choice == spec.choices.end()) return std::nullopt;
      number = double(choice - spec.choices.begin());
    }
    if (number != spec.default_value) hint.parameters.Set(spec.name, number);
  }
  if (!model::ValidateParameters(id, (*learner)->parameters, hint.parameters)) return std::nullopt;
  return hint;
}

Json HintsJson(const std::vector<search::Hint>& hints) {
  Json list = Json::array();
  for (const search::Hint& hint : hints) {
    Json values = Json::object();
    for (const auto& [name, value] : hint.parameters.values()) values[name] = value;
    list.push_back({{"learner", hint.learner}, {"parameters", std::move(values)}});
  }
  return list;
}

/// Hints of an earlier session: a resumed run goes the way on which it set out.
bool TakeFromJournal(RunState& state) {
  if (!state.folder) return false;
  for (const auto& record : state.folder->journal()->records()) {
    if (record.type != "experience") continue;
    for (const Json& item : record.body.value("hints", Json::array())) {
      search::Hint hint{item.value("learner", ""), {}};
      const Json values = item.value("parameters", Json::object());
      for (const auto& [name, value] : values.items())
        if (value.is_number()) hint.parameters.Set(name, value.get<double>());
      const auto learner = learners::FindLearner(hint.learner);
      if (learner && model::ValidateParameters(hint.learner, (*learner)->parameters, hint.parameters))
        state.search_input.hints.push_back(std::move(hint));
    }
    state.experience = record.body.value("source", Json());
    return true;
  }
  return false;
}

}  // namespace

Json MetaFeatures(const RunState& state) {
  const table::Table& table = state.table();
  double numbers = 0, times = 0, texts = 0, missing = 0;
  std::vector<std::string> columns;
  for (const std::size_t j : state.profile.features) {
    const table::Field& field = table.field(j);
    const profile::ColumnProfile& facts = state.profile.columns[j];
    numbers += field.type == table::SemanticType::kNumeric || field.type == table::SemanticType::kBoolean;
    times += field.type == table::SemanticType::kDatetime;
    texts += field.type == table::SemanticType::kText;
    missing += facts.rows > 0 ? double(facts.missing) / double(facts.rows) : 0;
    columns.push_back(Sha256Hex(field.name + "\n" + std::string(table::TypeName(field.type))).substr(0, 12));
  }
  std::sort(columns.begin(), columns.end());
  if (columns.size() > kMostColumnHashes) columns.resize(kMostColumnHashes);
  const double features = std::max<double>(1, double(state.profile.features.size()));
  std::vector<double> counts(std::max<std::size_t>(1, state.goal.classes.size()), 0);
  if (state.goal.task != Task::kRegression)
    for (const double label : state.y)
      if (label >= 0 && label < double(counts.size())) counts[std::size_t(label)] += 1;
  double all = 0;
  for (const double count : counts) all += count;
  return {{"rows", state.profile.labelled.size()},
          {"features", state.profile.features.size()},
          {"numeric_share", numbers / features},
          {"datetime_share", times / features},
          {"text_share", texts / features},
          {"missing_share", missing / features},
          {"classes", state.goal.classes.size()},
          {"rarest_class_share", all > 0 ? *std::min_element(counts.begin(), counts.end()) / all : 0.0},
          {"target", table.field(state.goal.target).name},
          {"columns", columns}};
}

double DataDistance(const Json& a, const Json& b) {
  double squares = 0;
  int terms = 0;
  const auto add = [&](double difference) {
    squares += difference * difference;
    ++terms;
  };
  for (const char* name : {"rows", "features", "classes"})
    add(std::log10(Entry(a, name) + 1) - std::log10(Entry(b, name) + 1));
  for (const char* name : {"numeric_share", "datetime_share", "text_share", "missing_share", "rarest_class_share"})
    add((Entry(a, name) - Entry(b, name)) / 0.25);
  const bool same_target =
      a.is_object() && b.is_object() && a.contains("target") && b.contains("target") && a["target"] == b["target"];
  return ColumnDistance(a, b) + std::sqrt(squares / terms) + (same_target ? 0 : 0.25);
}

Result<Lesson> AskStore(store::Store& store, const Json& meta_features, const std::string& task) {
  TW_TRY(const auto runs, store::EarlierRuns(store, task, kRunsAsked));
  Lesson lesson;
  lesson.distance = kNearEnough;
  for (const store::EarlierRun& run : runs) {  // newest first: it wins a tie
    const double distance = DataDistance(meta_features, run.meta_features);
    if (distance >= lesson.distance) continue;
    lesson.distance = distance;
    lesson.run = run.id;
  }
  if (lesson.run.empty()) return lesson;
  TW_TRY(const auto trials, store::BestTrials(store, lesson.run, kTrialsTaken));
  for (const store::EarlierTrial& trial : trials)
    if (auto hint = HintFrom(trial.learner, trial.parameters)) lesson.hints.push_back(std::move(*hint));
  return lesson;
}

void TakeExperience(RunState& state, store::Store* store, const Json& meta_features) {
  if (state.request.trials > 0 || TakeFromJournal(state) || store == nullptr) return;
  if (state.folder && state.folder->has_kept_id()) return;  // resumed: it began without
  const auto lesson = AskStore(*store, meta_features, std::string(TaskName(state.goal.task)));
  if (!lesson || lesson->hints.empty()) return;
  state.search_input.hints = lesson->hints;
  state.experience = {{"run", lesson->run}, {"distance", lesson->distance}, {"settings", lesson->hints.size()}};
  state.context.Log(Level::kInfo, "search",
                    "begins with " + Count(std::int64_t(lesson->hints.size())) + " settings of run " + lesson->run);
  if (state.folder)
    (void)state.folder->journal()->Append(
        {"experience", {{"source", state.experience}, {"hints", HintsJson(lesson->hints)}}, ""});
}

}  // namespace tagwerk::app
