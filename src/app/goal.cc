#include "app/goal.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace tagwerk::app {

namespace {

Error BadGoal(const char* option, const std::string& got, std::vector<std::string> allowed) {
  Error error(Code::kInvalidArgument, "option-value",
              std::string(option) + " does not take this value: " + Quoted(got));
  error.In(option).Allowed(std::move(allowed));
  return error;
}

/// Reads NAME=NUMBER words (or lists of them) into an object that holds all names, 0 where none is given.
Result<Json> Numbers(const Arguments& arguments, const char* option, const std::vector<std::string>& names) {
  if (!arguments.Has(option)) return Json();
  Json out = Json::object();
  for (const std::string& name : names) out[name] = 0.0;
  std::vector<std::string> allowed;
  for (const std::string& name : names) allowed.push_back(name + "=NUMBER");
  for (const std::string& word : arguments.All(option))
    for (const std::string& part : SplitList(word)) {
      const auto equals = part.find('=');
      const std::string name(Trim(part.substr(0, equals)));
      const auto number = equals == std::string::npos ? std::nullopt : ParseDouble(Trim(part.substr(equals + 1)));
      if (!number || !std::isfinite(*number) || !out.contains(name)) return BadGoal(option, part, allowed);
      out[name] = *number;
    }
  return out;
}

Result<std::optional<Capacity>> CapacityFrom(const std::string& typed) {
  if (typed.empty()) return std::optional<Capacity>();
  const auto slash = typed.find('/');
  Capacity capacity;
  const auto number = ParseDouble(Trim(typed.substr(0, slash)));
  if (slash != std::string::npos) capacity.per = std::string(Trim(typed.substr(slash + 1)));
  const auto& periods = Periods();
  const bool known = std::find(periods.begin(), periods.end(), capacity.per) != periods.end();
  if (!number || !(*number > 0) || !std::isfinite(*number) || !known)
    return BadGoal("--capacity", typed, {"200/day", "200/week", "200/month", "200/batch"});
  capacity.actions = *number;
  return std::optional<Capacity>(capacity);
}

}  // namespace

const std::vector<std::string>& ValueKeys() {
  static const std::vector<std::string> keys = {"true_positive", "false_positive", "false_negative", "true_negative"};
  return keys;
}

const std::vector<std::string>& RegretKeys() {
  static const std::vector<std::string> keys = {"under", "over"};
  return keys;
}

const std::vector<std::string>& Periods() {
  static const std::vector<std::string> periods = {"day", "week", "month", "batch"};
  return periods;
}

Result<DecisionGoal> DecisionGoalFrom(const Arguments& arguments) {
  DecisionGoal goal;
  TW_TRY(goal.value, Numbers(arguments, "--value", ValueKeys()));
  TW_TRY(goal.regret, Numbers(arguments, "--regret", RegretKeys()));
  if (goal.regret.is_object())
    for (const std::string& key : RegretKeys())
      if (!(goal.regret[key].get<double>() > 0))
        return BadGoal("--regret", key + "=" + Shortest(goal.regret[key].get<double>()),
                       {"under=NUMBER,over=NUMBER, both above 0"});
  TW_TRY(goal.capacity, CapacityFrom(arguments.Get("--capacity")));
  if (const std::string typed = arguments.Get("--threshold"); !typed.empty()) {
    TW_TRY(goal.threshold, ParseShare(typed, "--threshold"));
  }
  goal.fairness = SplitList(arguments.Get("--fairness"));
  goal.unit = arguments.Get("--unit");
  return goal;
}

}  // namespace tagwerk::app
