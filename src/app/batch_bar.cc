#include "app/batch_bar.h"

#include <algorithm>
#include <cmath>

#include "evaluate/decision.h"

namespace tagwerk::app {

namespace {

double NumberIn(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? it->get<double>() : 0;
}

}  // namespace

std::size_t BatchRule::MostOf(std::size_t rows) const {
  const double most = actions > 0 ? actions : share * double(rows);
  return std::size_t(std::clamp(std::floor(most + 1e-9), 0.0, double(rows)));
}

std::optional<BatchRule> BatchRuleOf(const pipeline::Pipeline& pipeline) {
  const auto decision = pipeline.extra.find("decision");
  if (pipeline.task != Task::kBinary || decision == pipeline.extra.end() || !decision->is_object()) return std::nullopt;
  const auto capacity = decision->find("capacity");
  if (capacity == decision->end() || !capacity->is_object()) return std::nullopt;
  BatchRule rule;
  rule.share = NumberIn(*capacity, "share");
  const auto per = capacity->find("per");
  if (per != capacity->end() && *per == "batch") rule.actions = NumberIn(*capacity, "actions");
  rule.floor = NumberIn(*decision, "floor");
  if (!(rule.share > 0 && rule.share <= 1) || !std::isfinite(rule.floor)) return std::nullopt;
  return rule;
}

double BarOfBatch(const BatchRule& rule, const std::vector<double>& positive, double trained) {
  const std::size_t most = rule.MostOf(positive.size());
  return most == 0 ? trained : std::max(rule.floor, evaluate::BarOfRank(positive, most));
}

std::vector<double> PositiveScores(std::span<const double> scores, std::size_t width, int positive) {
  std::vector<double> out;
  out.reserve(scores.size() / width);
  for (std::size_t i = std::size_t(positive); i < scores.size(); i += width) out.push_back(scores[i]);
  return out;
}

}  // namespace tagwerk::app
