#include "app/store_items.h"

#include <cmath>

#include "base/text.h"
#include "learners/catalog.h"

namespace tagwerk::app {
namespace {

Json ParameterItem(const model::ParameterSpec& spec) {
  using model::ParameterType;
  Json item = {{"name", spec.name}, {"doc", spec.doc}};
  switch (spec.type) {
    case ParameterType::kChoice:
      item["type"] = "choice";
      item["default"] = spec.choices.at(std::size_t(spec.default_value));
      item["choices"] = spec.choices;
      return item;
    case ParameterType::kBoolean:
      item["type"] = "boolean";
      item["default"] = spec.default_value != 0;
      return item;
    case ParameterType::kInteger:
      item["type"] = "integer";
      item["default"] = std::int64_t(spec.default_value);
      break;
    case ParameterType::kReal:
      item["type"] = "number";
      item["default"] = NumberOrNull(spec.default_value);
      break;
  }
  item["low"] = NumberOrNull(spec.low);
  item["high"] = NumberOrNull(spec.high);
  item["low_open"] = spec.low_open;
  const bool tuned = spec.tune_low != spec.tune_high;
  item["tuned"] =
      tuned ? Json{{"low", spec.tune_low}, {"high", spec.tune_high}, {"log_scale", spec.log_scale}} : Json();
  return item;
}

}  // namespace

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json NumberOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json VersionItem(const store::VersionFacts& facts) {
  return {{"name", facts.model},
          {"version", facts.version},
          {"aliases", facts.aliases},
          {"task", TextOrNull(facts.task)},
          {"target", TextOrNull(facts.target)},
          {"metric", TextOrNull(facts.metric)},
          {"score", NumberOrNull(facts.score)},
          {"score_low", NumberOrNull(facts.low)},
          {"score_high", NumberOrNull(facts.high)},
          {"created_at", facts.created_at},
          {"bytes", facts.bytes},
          {"sha256", facts.sha256},
          {"run", TextOrNull(facts.run)}};
}

Json RunItem(const store::RunFacts& facts) {
  return {{"id", facts.id},
          {"name", facts.name},
          {"status", facts.status},
          {"stop_reason", TextOrNull(facts.stop_reason)},
          {"started_at", facts.started_at},
          {"finished_at", TextOrNull(facts.finished_at)},
          {"seconds", NumberOrNull(facts.seconds)},
          {"rows", facts.rows},
          {"target", TextOrNull(facts.target)},
          {"task", TextOrNull(facts.task)},
          {"metric", TextOrNull(facts.metric)},
          {"score", NumberOrNull(facts.score)},
          {"score_low", NumberOrNull(facts.low)},
          {"score_high", NumberOrNull(facts.high)},
          {"trials", facts.trials},
          {"version", facts.version > 0 ? Json(facts.version) : Json()}};
}

Json TokenItem(const store::TokenFacts& facts, double now) {
  return {{"name", facts.name},
          {"scopes", SplitList(store::ScopeNames(facts.scopes))},
          {"state", facts.State(now)},
          {"created_at", facts.created_at},
          {"expires_at", TextOrNull(facts.expires_at)},
          {"revoked_at", TextOrNull(facts.revoked_at)}};
}

Json LearnerItems() {
  Json items = Json::array();
  for (const model::LearnerDescriptor& learner : learners::AllLearners()) {
    Json tasks = Json::array(), parameters = Json::array();
    for (const Task task : learner.tasks) tasks.push_back(TaskName(task));
    for (const model::ParameterSpec& spec : learner.parameters) parameters.push_back(ParameterItem(spec));
    items.push_back({{"id", learner.id},
                     {"title", learner.title},
                     {"doc", learner.doc},
                     {"baseline", learner.baseline},
                     {"tasks", std::move(tasks)},
                     {"takes_missing", learner.capabilities.missing},
                     {"takes_categories", learner.capabilities.categories},
                     {"parameters", std::move(parameters)},
                     {"references", learner.references}});
  }
  return items;
}

}  // namespace tagwerk::app
