// Resolves the goal: which task a target poses, its classes in order, its values per row.
#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "profile/profile.h"

namespace tagwerk::profile {
namespace {

using table::SemanticType;
using table::Storage;

struct Distinct {
  std::vector<std::pair<double, std::int64_t>> numbers;      ///< ascending, with counts
  std::vector<std::pair<std::string, std::int64_t>> labels;  ///< trimmed; in label order
  std::int64_t present = 0;
  std::int64_t infinite = 0;
};

/// Numbers numerically; false before true; else by code point.
void OrderLabels(std::vector<std::pair<std::string, std::int64_t>>& labels) {
  const bool numbers =
      std::all_of(labels.begin(), labels.end(), [](const auto& l) { return ParseDouble(l.first).has_value(); });
  std::sort(labels.begin(), labels.end(), [&](const auto& a, const auto& b) {
    if (numbers) {
      const double x = *ParseDouble(a.first), y = *ParseDouble(b.first);
      if (x != y) return x < y;
    }
    return a.first < b.first;
  });
}

Distinct CountNumbers(const table::Column& column) {
  Distinct distinct;
  std::vector<double> sorted;
  for (const double v : *column.doubles()) {
    if (std::isnan(v)) continue;
    distinct.infinite += std::isinf(v);
    sorted.push_back(v);
  }
  std::sort(sorted.begin(), sorted.end());
  for (const double v : sorted) {
    if (distinct.numbers.empty() || distinct.numbers.back().first != v) distinct.numbers.emplace_back(v, 0);
    ++distinct.numbers.back().second;
  }
  distinct.present = std::int64_t(sorted.size());
  return distinct;
}

Distinct CountLabels(const table::Column& column) {
  Distinct distinct;
  std::vector<std::int64_t> counts(std::size_t(column.dictionary()->size()));
  for (const std::int32_t code : *column.codes()) {
    if (code >= 0) ++counts[std::size_t(code)];
  }
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    const std::string label(Trim(column.dictionary()->at(std::int32_t(code))));
    const auto [at, fresh] = index.try_emplace(label, distinct.labels.size());
    if (fresh) distinct.labels.emplace_back(label, 0);
    distinct.labels[at->second].second += counts[code];
    distinct.present += counts[code];
  }
  OrderLabels(distinct.labels);
  return distinct;
}

/// A numeric target is a class code when its few whole numbers do not look like a measure: at most 20
/// distinct, and either a gap in the codes (1,2,3,5,6,7), or no hump (a count or a rating is frequent
/// in the middle and rare at both ends), or nearly equal class sizes.
bool LooksLikeClasses(const Distinct& distinct) {
  const auto& numbers = distinct.numbers;
  if (numbers.size() > 20 || numbers.size() < 3) return false;
  if (distinct.present < 5 * std::int64_t(numbers.size())) return false;
  double largest = 0, smallest = INFINITY;
  bool consecutive = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i].first != std::trunc(numbers[i].first)) return false;
    if (i > 0) consecutive &= numbers[i].first == numbers[i - 1].first + 1;
    largest = std::max(largest, double(numbers[i].second));
    smallest = std::min(smallest, double(numbers[i].second));
  }
  if (std::fabs(numbers.front().first) > 1000 || std::fabs(numbers.back().first) > 1000) return false;
  if (numbers.back().first - numbers.front().first > 3 * double(numbers.size())) return false;
  if (largest <= 2 * smallest) return true;
  if (numbers.size() <= 3) return true;
  std::size_t mode = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i].second > numbers[mode].second) mode = i;
  }
  bool hump = true;  // counts rise to the mode and fall after it
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const bool rises = numbers[i].second >= numbers[i - 1].second;
    if (i <= mode ? !rises : (rises && numbers[i].second != numbers[i - 1].second)) hump = false;
  }
  if (hump) return false;
  // Gaps or zig-zag counts are codes; a long run without gaps is rather a count.
  return !consecutive || numbers.size() <= 10;
}

Error TargetError(const table::Table& table, std::size_t target, std::string id, std::string message) {
  return Error(Code::kInvalidData, std::move(id), std::move(message)).Column(table.field(target).name);
}

Result<Task> WantedTask(const std::string& task) {
  if (const auto known = TaskFromName(task)) return *known;
  return Error(Code::kInvalidArgument, "unknown-task", "task does not exist: " + Quoted(task))
      .In("--task")
      .Allowed({"binary", "multiclass", "regression"})
      .Similar(SimilarNames(task, {"binary", "multiclass", "regression"}));
}

constexpr std::size_t kMostOrderedNumbers = 20;  ///< of numbers typed ordinal; more are rather predicted as numbers

Task GuessTask(const table::Field& field, const Distinct& distinct, Storage storage) {
  const std::size_t n = storage == Storage::kString ? distinct.labels.size() : distinct.numbers.size();
  if (n == 2) return Task::kBinary;
  if (storage == Storage::kString || field.type == SemanticType::kCategorical) return Task::kMulticlass;
  if (field.type == SemanticType::kOrdinal && n <= kMostOrderedNumbers) return Task::kMulticlass;
  return LooksLikeClasses(distinct) ? Task::kMulticlass : Task::kRegression;
}

Error NotNumbers(const table::Table& table, std::size_t target, const Distinct& distinct) {
  std::int64_t bad = 0;
  std::string first;
  for (const auto& [label, count] : distinct.labels) {
    if (ParseDouble(label)) continue;
    bad += count;
    if (first.empty()) first = label;
  }
  return TargetError(table, target, "target-type",
                     "regression needs numbers: " + Percent(double(bad) / double(distinct.present)) +
                         " of the values are not, first " + Quoted(first))
      .Do("--task multiclass")
      .Do("--type " + table.field(target).name + "=numeric");
}

Status SetClasses(const table::Table& table, const Distinct& distinct, Goal& goal) {
  if (table.column(goal.target).storage() == Storage::kString) {
    for (const auto& [label, count] : distinct.labels) goal.classes.push_back(label);
  } else {
    for (const auto& [number, count] : distinct.numbers) goal.classes.push_back(Shortest(number));
  }
  if (goal.task == Task::kBinary && goal.classes.size() != 2) {
    return TargetError(table, goal.target, "target-type",
                       "binary needs two values: the target has " + Count(std::int64_t(goal.classes.size())))
        .Do("--task multiclass");
  }
  if (goal.classes.size() > 10000) {
    return TargetError(table, goal.target, "target-type",
                       "too many classes: " + Count(std::int64_t(goal.classes.size())) + ", limit 10,000")
        .Do("--task regression");
  }
  return Ok();
}

Status SetPositive(const std::string& positive, Goal& goal) {
  goal.positive = 1;
  if (positive.empty()) return Ok();
  const std::string wanted(Trim(positive));
  for (std::size_t i = 0; i < goal.classes.size(); ++i) {
    const auto number = ParseDouble(goal.classes[i]), typed = ParseDouble(wanted);
    if (goal.classes[i] == wanted || (number && typed && *number == *typed)) {
      goal.positive = int(i);
      return Ok();
    }
  }
  std::vector<std::string> shown(
      goal.classes.begin(), goal.classes.begin() + std::min<std::ptrdiff_t>(10, std::ptrdiff_t(goal.classes.size())));
  return Error(Code::kInvalidArgument, "label-not-found", "label is not in the target: " + Quoted(wanted))
      .In("--positive")
      .Allowed(shown)
      .Similar(SimilarNames(wanted, goal.classes));
}

}  // namespace

Result<Goal> ResolveGoal(const table::Table& table, std::size_t target, const std::string& task,
                         const std::string& positive) {
  Goal goal;
  goal.target = target;
  const table::Column& column = table.column(target);
  const table::Field& field = table.field(target);
  if (column.storage() == Storage::kTimestamp) {
    return TargetError(table, target, "target-type", "target is a datetime: nothing learns times directly")
        .Do("choose another --target, or --type " + field.name + "=categorical");
  }
  const Distinct distinct = column.storage() == Storage::kString ? CountLabels(column) : CountNumbers(column);
  if (distinct.present == 0) {
    Error error = TargetError(table, target, "target-empty", "target has no value in any row");
    if (field.unparsed > 0 && !field.unparsed_examples.empty()) error.Got(field.unparsed_examples[0]);
    return error.Do("check the missing markers, or choose another --target");
  }
  if (distinct.labels.size() + distinct.numbers.size() == 1) {
    const std::string only = distinct.labels.empty() ? Shortest(distinct.numbers[0].first) : distinct.labels[0].first;
    return TargetError(table, target, "target-one-class",
                       "target has one value in all " + Count(distinct.present) + " rows: " + Quoted(only))
        .Do("check the filter that made the file, or choose another --target");
  }
  if (distinct.infinite > 0) {
    return TargetError(table, target, "target-infinite", "target is infinite in rows: " + Count(distinct.infinite))
        .Do("correct these rows, or mark them: --missing inf");
  }
  if (task.empty() || task == "auto") {
    goal.task = GuessTask(field, distinct, column.storage());
  } else {
    TW_TRY(goal.task, WantedTask(task));
  }
  if (goal.task == Task::kRegression) {
    if (column.storage() == Storage::kString) return NotNumbers(table, target, distinct);
    return goal;
  }
  TW_RETURN_IF_ERROR(SetClasses(table, distinct, goal));
  TW_RETURN_IF_ERROR(SetPositive(positive, goal));
  return goal;
}

std::vector<double> TargetValues(const table::Table& table, const Goal& goal) {
  const table::Column& column = table.column(goal.target);
  std::vector<double> values(table.num_rows(), std::nan(""));
  if (goal.task == Task::kRegression) {
    if (column.storage() == Storage::kDouble) values = *column.doubles();
    return values;
  }
  std::unordered_map<std::string, double> index;
  for (std::size_t i = 0; i < goal.classes.size(); ++i) index.emplace(goal.classes[i], double(i));
  if (column.storage() == Storage::kString) {
    std::vector<double> by_code(std::size_t(column.dictionary()->size()), std::nan(""));
    for (std::size_t code = 0; code < by_code.size(); ++code) {
      const auto at = index.find(std::string(Trim(column.dictionary()->at(std::int32_t(code)))));
      if (at != index.end()) by_code[code] = at->second;
    }
    for (std::size_t row = 0; row < values.size(); ++row) {
      const std::int32_t code = (*column.codes())[row];
      if (code >= 0) values[row] = by_code[std::size_t(code)];
    }
    return values;
  }
  std::vector<std::pair<double, double>> known;
  for (std::size_t i = 0; i < goal.classes.size(); ++i) {
    if (const auto number = ParseDouble(goal.classes[i])) known.emplace_back(*number, double(i));
  }
  std::sort(known.begin(), known.end());
  for (std::size_t row = 0; row < values.size(); ++row) {
    const double v = (*column.doubles())[row];
    const auto at = std::lower_bound(known.begin(), known.end(), std::make_pair(v, -1.0));
    if (!std::isnan(v) && at != known.end() && at->first == v) values[row] = at->second;
  }
  return values;
}

}  // namespace tagwerk::profile
