#include "cli/help.h"

#include "app/version.h"
#include "base/text.h"
#include "cli/streams.h"
#include "learners/catalog.h"
#include "metrics/metrics.h"

namespace tagwerk::cli {

namespace {

std::string OptionLine(const app::OptionSpec& option) {
  std::string left = "  " + (option.short_name.empty() ? "" : option.short_name + ", ") + option.name;
  if (!option.value.empty())
    left += option.kind == app::OptionKind::kOptionalValue ? "[=" + option.value + "]" : " " + option.value;
  std::string doc = option.doc;
  if (!option.default_text.empty()) doc += " (" + option.default_text + ")";
  const bool fits = DisplayWidth(left) < 30;
  return PadRight(left, 30) + (fits ? "" : "\n" + std::string(30, ' ')) + doc + "\n";
}

std::string ParameterLine(const model::ParameterSpec& spec) {
  std::string range;
  if (spec.type == model::ParameterType::kChoice) {
    range = Join(spec.choices, " ");
  } else if (spec.type == model::ParameterType::kBoolean) {
    range = "true false";
  } else {
    range = std::string(spec.low_open ? "above " : "") + Shortest(spec.low) + " to " + Shortest(spec.high);
  }
  std::string value = Shortest(spec.default_value);
  if (spec.type == model::ParameterType::kChoice) value = spec.choices.at(std::size_t(spec.default_value));
  if (spec.type == model::ParameterType::kBoolean) value = spec.default_value != 0 ? "true" : "false";
  return "    " + PadRight(spec.name, 22) + " " + PadRight(value, 8) + " " + spec.doc + " [" + range + "]\n";
}

}  // namespace

std::string OverviewHelp() {
  std::string text = std::string("tagwerk ") + app::kVersion +
                     ": raw data and a goal in, an honest report and a model out\n\n"
                     "usage: tagwerk VERB [arguments] [options]\n\nverbs\n";
  for (const app::VerbSpec& verb : app::AllVerbs()) text += "  " + PadRight(verb.name, 10) + verb.doc + "\n";
  text += "\noptions of every verb\n";
  for (const app::OptionSpec& option : app::GlobalOptions()) text += OptionLine(option);
  return text + "\nstart with: tagwerk run FILE --target COL\n";
}

std::string VerbHelp(const app::VerbSpec& verb) {
  std::string text = "usage: tagwerk " + verb.name + " " + verb.usage + "\n\n" + verb.doc + ".\n";
  if (!verb.options.empty()) {
    text += "\noptions\n";
    for (const app::OptionSpec& option : verb.options) text += OptionLine(option);
  }
  if (verb.reads_data) {
    text += "\nreading options\n";
    for (const app::OptionSpec& option : app::ReadingOptions()) text += OptionLine(option);
  }
  text += "\noptions of every verb\n";
  for (const app::OptionSpec& option : app::GlobalOptions()) text += OptionLine(option);
  return text + "\nexample: " + verb.example + "\n";
}

std::string LearnersHelp() {
  std::string text;
  for (const auto& learner : learners::AllLearners()) {
    std::vector<std::string> tasks;
    for (Task task : learner.tasks) tasks.emplace_back(TaskName(task));
    text +=
        learner.id + (learner.baseline ? " (baseline)" : "") + ": " + learner.doc + " [" + Join(tasks, ", ") + "]\n";
    for (const auto& spec : learner.parameters) text += ParameterLine(spec);
    for (const std::string& reference : learner.references) text += "    source: " + reference + "\n";
    text += "\n";
  }
  return text;
}

std::string MetricsHelp() {
  std::string text;
  for (const auto& metric : metrics::AllMetrics()) {
    std::vector<std::string> tasks;
    for (Task task : metric.tasks) tasks.emplace_back(TaskName(task));
    text += PadRight(metric.id, 20) + PadRight(metric.direction == Direction::kMaximize ? "up" : "down", 6) +
            PadRight(Join(tasks, ", "), 22) + metric.doc + "\n";
  }
  return text;
}

}  // namespace tagwerk::cli
