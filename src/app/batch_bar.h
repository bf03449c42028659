// A capacity ("at most 200 a day") as a rank within the rows at hand. The level of probabilities moves with time, so
// that a fixed bar marks twice or half as many rows as can be acted on; the order of the rows does not move.
#pragma once

#include <optional>
#include <span>

#include "pipeline/pipeline.h"

namespace tagwerk::app {

/// What a model says of its capacity: `decision` of the manifest.
struct BatchRule {
  double share = 0;    ///< of the rows that can be acted on
  double actions = 0;  ///< of a batch; 0: the capacity is one of a time, so the share counts
  double floor = 0;    ///< least bar, that of the costs
  /// Returns how many of so many rows may be marked; 0: too few rows for a rank, the trained bar holds.
  std::size_t MostOf(std::size_t rows) const;
};

/// Returns the rule of a model that was trained with a capacity; other models have none.
std::optional<BatchRule> BatchRuleOf(const pipeline::Pipeline& pipeline);
/// Returns the bar for a batch whose positive class has these probabilities, or `trained` for too few rows.
double BarOfBatch(const BatchRule& rule, const std::vector<double>& positive, double trained);
/// Picks the positive class out of rows x classes.
std::vector<double> PositiveScores(std::span<const double> scores, std::size_t width, int positive);

}  // namespace tagwerk::app
