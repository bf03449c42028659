#include "report/view.h"

#include <cmath>

#include "base/text.h"

namespace tagwerk::report {

View View::operator[](std::string_view key) const {
  if (json_ == nullptr || !json_->is_object()) return {};
  for (const auto& [name, value] : json_->items())
    if (name == key) return View(value);
  return {};
}

View View::at(std::size_t index) const {
  if (json_ == nullptr || !json_->is_array() || index >= json_->size()) return {};
  return View((*json_)[index]);
}

std::size_t View::size() const { return json_ != nullptr && json_->is_structured() ? json_->size() : 0; }

std::optional<double> View::number() const {
  if (json_ == nullptr || !json_->is_number()) return std::nullopt;
  const double value = json_->get<double>();
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

bool View::truth() const { return json_ != nullptr && json_->is_boolean() && json_->get<bool>(); }

std::string View::text() const {
  if (json_ == nullptr) return "";
  if (json_->is_string()) return json_->get<std::string>();
  if (json_->is_boolean()) return json_->get<bool>() ? "true" : "false";
  if (json_->is_number()) return Shortest(json_->get<double>());
  return "";
}

std::vector<View> View::items() const {
  std::vector<View> items;
  if (json_ == nullptr || !json_->is_structured()) return items;
  items.reserve(json_->size());
  for (const auto& item : *json_) items.emplace_back(item);
  return items;
}

std::vector<std::string> View::keys() const {
  std::vector<std::string> keys;
  if (json_ == nullptr || !json_->is_object()) return keys;
  for (const auto& [name, value] : json_->items()) keys.push_back(name);
  return keys;
}

std::vector<double> View::numbers() const {
  std::vector<double> numbers;
  for (const View& item : items())
    if (const auto value = item.number()) numbers.push_back(*value);
  return numbers;
}

}  // namespace tagwerk::report
