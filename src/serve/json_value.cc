#include "serve/json_value.h"

namespace tagwerk::serve::json {

Type Element::type() const {
  if (value_ == nullptr || value_->IsNull()) return Type::kNull;
  if (value_->IsArray()) return Type::kArray;
  if (value_->IsObject()) return Type::kObject;
  if (value_->IsString()) return Type::kText;
  if (value_->IsBool()) return Type::kBoolean;
  if (value_->IsInt64()) return Type::kInteger;
  return value_->IsUint64() ? Type::kUnsigned : Type::kDouble;
}

bool Element::Get(std::string_view& out) const {
  if (value_ == nullptr || !value_->IsString()) return false;
  out = {value_->GetString(), value_->GetStringLength()};
  return true;
}

bool Element::Get(bool& out) const {
  if (value_ == nullptr || !value_->IsBool()) return false;
  out = value_->GetBool();
  return true;
}

bool Element::Get(std::int64_t& out) const {
  if (value_ == nullptr || !value_->IsInt64()) return false;
  out = value_->GetInt64();
  return true;
}

bool Element::Get(std::uint64_t& out) const {
  if (value_ == nullptr || !value_->IsUint64()) return false;
  out = value_->GetUint64();
  return true;
}

bool Element::Get(double& out) const {
  if (value_ == nullptr || !value_->IsNumber()) return false;
  out = value_->GetDouble();
  return true;
}

bool Element::Get(Array& out) const {
  if (!is_array()) return false;
  out = Array(value_);
  return true;
}

bool Element::Get(Object& out) const {
  if (!is_object()) return false;
  out = Object(value_);
  return true;
}

bool Element::Get(Element& out) const {
  if (value_ == nullptr) return false;
  out = *this;
  return true;
}

Element Object::operator[](std::string_view name) const {
  Element found;
  for (const auto& [key, value] : *this)
    if (key == name) found = value;
  return found;
}

Json ToJson(Element element) {
  Array list;
  Object members;
  std::string_view text;
  bool truth = false;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double number = 0;
  if (element.Get(list)) {
    Json out = Json::array();
    for (const Element item : list) out.push_back(ToJson(item));
    return out;
  }
  if (element.Get(members)) {
    Json out = Json::object();
    for (const auto& [key, value] : members) out[std::string(key)] = ToJson(value);
    return out;
  }
  if (element.Get(text)) return std::string(text);
  if (element.Get(truth)) return truth;
  if (element.Get(integer)) return integer;
  if (element.Get(natural)) return natural;
  if (element.Get(number)) return number;
  return nullptr;
}

}  // namespace tagwerk::serve::json
