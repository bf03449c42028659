// The kinds of question a model answers, and the direction of a score.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tagwerk {

enum class Task : std::uint8_t { kBinary, kMulticlass, kRegression };
enum class Direction : std::uint8_t { kMaximize, kMinimize };

inline bool IsClassification(Task task) { return task != Task::kRegression; }
std::string_view TaskName(Task task);  ///< "binary", "multiclass", "regression"
std::optional<Task> TaskFromName(std::string_view name);

}  // namespace tagwerk
