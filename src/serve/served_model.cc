#include "serve/served_model.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "io/infer.h"
#include "serve/text.h"

namespace tagwerk::serve {
namespace {

// A thread that is put aside by the system in the middle of an answer seems slow: what is dearer than before counts
// little, what is cheaper much.
constexpr double kRise = 1.1, kFall = 0.5;

std::string_view DatatypeOf(table::SemanticType type) {
  switch (type) {
    case table::SemanticType::kNumeric:
      return "FP64";
    case table::SemanticType::kBoolean:
      return "BOOL";
    default:
      return "BYTES";
  }
}

ServedInput InputOf(const pipeline::Input& input) {
  ServedInput out;
  out.name = input.field.name;
  out.field = input.field;
  out.storage = io::StorageOf(input.field.type);
  out.datatype = DatatypeOf(input.field.type);
  return out;
}

}  // namespace

ServedModel::ServedModel(std::string name, int version, std::uint64_t serial, pipeline::Pipeline pipeline)
    : name_(std::move(name)),
      version_(version),
      serial_(serial),
      version_text_(std::to_string(version)),
      pipeline_(std::move(pipeline)),
      markers_({}, /*known=*/false) {
  for (const pipeline::Input& input : pipeline_.inputs) {
    inputs_.push_back(InputOf(input));
    all_numbers_ = all_numbers_ && input.field.type == table::SemanticType::kNumeric;
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) by_name_.emplace(inputs_[i].name, i);
  for (const auto& output : pipeline_.Outputs()) {
    std::string key = ",";
    AppendQuoted(output.name, key);
    outputs_.push_back({output.name, output.datatype, key + ":"});
  }
  for (const std::string& label : pipeline_.classes) {
    std::string text;
    if (pipeline_.boolean_labels())
      text = Lower(label);
    else if (pipeline_.numeric_labels)
      AppendNumber(ParseDouble(label).value_or(std::nan("")), text);
    else
      AppendQuoted(label, text);
    labels_.push_back(std::move(text));
  }
  head_ = R"({"schema":"tagwerk.predictions/1","model":)";
  AppendQuoted(name_, head_);
  head_ += ",\"version\":" + version_text_ + ",\"request_id\":";
}

std::optional<std::size_t> ServedModel::FindInput(std::string_view name) const {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) found = by_name_.find(Trim(name));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> ServedModel::input_names() const {
  std::vector<std::string> names;
  for (const ServedInput& input : inputs_) names.push_back(input.name);
  return names;
}

void ServedModel::Observe(std::size_t bytes, double seconds) const {
  const double now = seconds * 1e9 / double(bytes + 1), before = cost_.load(std::memory_order_relaxed);
  double next = now;
  if (before > 0) next = now > before ? std::min(now, kRise * before) : before + kFall * (now - before);
  cost_.store(next, std::memory_order_relaxed);
}

}  // namespace tagwerk::serve
