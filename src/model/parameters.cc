// Checking, parsing and printing of declared hyperparameters.
#include "model/parameters.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"

namespace tagwerk::model {
namespace {

const ParameterSpec* FindSpec(const std::vector<ParameterSpec>& specs, std::string_view name) {
  for (const ParameterSpec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::string SettingOf(std::string_view learner, std::string_view name) {
  return "--set " + std::string(learner) + "." + std::string(name);
}

/// Names the allowed range in words: "must be above 0 and at most 1".
std::string RangeText(const ParameterSpec& spec) {
  if (spec.type == ParameterType::kBoolean) return "must be true or false";
  if (spec.type == ParameterType::kChoice) return "must be one of " + Join(spec.choices, ", ");
  const std::string kind = spec.type == ParameterType::kInteger ? "a whole number " : "";
  const std::string low = std::isfinite(spec.low) ? (spec.low_open ? "above " : "at least ") + Shortest(spec.low) : "";
  const std::string high = std::isfinite(spec.high) ? "at most " + Shortest(spec.high) : "";
  if (low.empty() && high.empty()) return "must be a number";
  return "must be " + kind + low + (low.empty() || high.empty() ? "" : " and ") + high;
}

Error RangeError(std::string_view learner, const ParameterSpec& spec, std::string_view got) {
  auto error = Error(Code::kOutOfRange, "parameter-range", spec.name + " " + RangeText(spec) + ": got " + Quoted(got));
  error.In(SettingOf(learner, spec.name)).Key(spec.name).Got(std::string(got));
  if (spec.type == ParameterType::kChoice) error.Allowed(spec.choices);
  return error;
}

Error UnknownError(std::string_view learner, const std::vector<ParameterSpec>& specs, std::string_view name) {
  std::vector<std::string> names;
  for (const ParameterSpec& spec : specs) names.push_back(spec.name);
  const std::vector<std::string> similar = SimilarNames(name, names);
  auto error =
      Error(Code::kInvalidArgument, "unknown-parameter", std::string(learner) + " has no parameter: " + Quoted(name));
  error.In("--set").Got(std::string(name)).Allowed(names).Similar(similar);
  if (!similar.empty()) {
    const ParameterSpec& spec = *FindSpec(specs, similar.front());
    std::string value = Shortest(spec.default_value);
    if (spec.type == ParameterType::kBoolean) value = spec.default_value != 0 ? "true" : "false";
    if (spec.type == ParameterType::kChoice) value = spec.choices[static_cast<std::size_t>(spec.default_value)];
    error.Do(SettingOf(learner, spec.name) + "=" + value);
  }
  return error;
}

bool InRange(const ParameterSpec& spec, double value) {
  if (std::isnan(value)) return false;
  const bool whole = value == std::floor(value);
  switch (spec.type) {
    case ParameterType::kBoolean:
      return value == 0 || value == 1;
    case ParameterType::kChoice:
      return whole && value >= 0 && value < static_cast<double>(spec.choices.size());
    case ParameterType::kInteger:
      if (!whole || std::isinf(value)) return false;
      break;
    case ParameterType::kReal:
      break;
  }
  return (spec.low_open ? value > spec.low : value >= spec.low) && value <= spec.high;
}

std::string ValueText(const ParameterSpec& spec, double value) {
  if (!InRange(spec, value)) return Shortest(value);
  if (spec.type == ParameterType::kBoolean) return value != 0 ? "true" : "false";
  if (spec.type == ParameterType::kChoice) return spec.choices[static_cast<std::size_t>(value)];
  return Shortest(value);
}

std::optional<double> ParseValue(const ParameterSpec& spec, std::string_view text) {
  if (spec.type == ParameterType::kBoolean) {
    if (text == "true") return 1.0;
    if (text == "false") return 0.0;
    return std::nullopt;
  }
  if (spec.type == ParameterType::kChoice) {
    const auto it = std::find(spec.choices.begin(), spec.choices.end(), text);
    if (it == spec.choices.end()) return std::nullopt;
    return static_cast<double>(it - spec.choices.begin());
  }
  return ParseDouble(text);
}

}  // namespace

double Parameters::Get(const std::vector<ParameterSpec>& specs, std::string_view name) const {
  if (const auto it = values_.find(name); it != values_.end()) return it->second;
  const ParameterSpec* spec = FindSpec(specs, name);
  TW_CHECK(spec != nullptr);
  return spec->default_value;
}

Status ValidateParameters(std::string_view learner, const std::vector<ParameterSpec>& specs,
                          const Parameters& parameters) {
  std::vector<Error> faults;
  for (const auto& [name, value] : parameters.values()) {
    const ParameterSpec* spec = FindSpec(specs, name);
    if (spec == nullptr) {
      faults.push_back(UnknownError(learner, specs, name));
    } else if (!InRange(*spec, value)) {
      faults.push_back(RangeError(learner, *spec, ValueText(*spec, value)));
    }
  }
  if (faults.empty()) return Ok();
  Error first = faults.front();
  for (std::size_t i = 1; i < faults.size(); ++i) first.Cause(faults[i]);
  return first;
}

Status ParseParameter(std::string_view learner, const std::vector<ParameterSpec>& specs, std::string_view name,
                      std::string_view text, Parameters& parameters) {
  const ParameterSpec* spec = FindSpec(specs, name);
  if (spec == nullptr) return UnknownError(learner, specs, name);
  const std::optional<double> value = ParseValue(*spec, Trim(text));
  if (!value || !InRange(*spec, *value)) return RangeError(learner, *spec, Trim(text));
  parameters.Set(spec->name, *value);
  return Ok();
}

Json ParametersJson(const std::vector<ParameterSpec>& specs, const Parameters& parameters) {
  Json json = Json::object();
  for (const ParameterSpec& spec : specs) {
    const double value = parameters.Get(specs, spec.name);
    if (!InRange(spec, value)) {
      json[spec.name] = nullptr;
    } else if (spec.type == ParameterType::kBoolean) {
      json[spec.name] = value != 0;
    } else if (spec.type == ParameterType::kChoice) {
      json[spec.name] = spec.choices[static_cast<std::size_t>(value)];
    } else if (spec.type == ParameterType::kInteger) {
      // Beyond 2^53 a whole number is written as the double that it is.
      if (std::abs(value) <= 0x1p53) {
        json[spec.name] = static_cast<std::int64_t>(value);
      } else {
        json[spec.name] = value;
      }
    } else {
      json[spec.name] = value;
    }
  }
  return json;
}

}  // namespace tagwerk::model
