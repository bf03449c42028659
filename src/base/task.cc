#include "base/task.h"

namespace tagwerk {

std::string_view TaskName(Task task) {
  switch (task) {
    case Task::kBinary:
      return "binary";
    case Task::kMulticlass:
      return "multiclass";
    case Task::kRegression:
      return "regression";
  }
  return "regression";
}

std::optional<Task> TaskFromName(std::string_view name) {
  for (Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression})
    if (TaskName(task) == name) return task;
  return std::nullopt;
}

}  // namespace tagwerk
