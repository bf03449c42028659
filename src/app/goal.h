// What the user said about decisions: worth of outcomes, cost of errors, how many can be acted on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "base/json.h"

namespace tagwerk::app {

/// At most so many positive decisions in a period.
struct Capacity {
  double actions = 0;
  std::string per = "batch";  ///< day week month batch
};

struct DecisionGoal {
  Json value;   ///< worth of the four outcomes (binary), or null
  Json regret;  ///< {under, over}: cost per unit of error (regression), or null
  std::optional<Capacity> capacity;
  std::optional<double> threshold;  ///< a bar named by the user (binary)
  std::vector<std::string> fairness;
  std::string unit;  ///< of value and regret: "EUR"
};

/// Reads --value, --regret, --capacity, --threshold, --fairness, --unit. Errors: option-value.
Result<DecisionGoal> DecisionGoalFrom(const Arguments& arguments);

/// The keys of [goal.value], [goal.regret] and [goal.capacity], in the order of the documents.
const std::vector<std::string>& ValueKeys();
const std::vector<std::string>& RegretKeys();
const std::vector<std::string>& Periods();

}  // namespace tagwerk::app
