#include "serve/json_value.h"

#include <algorithm>

#include "serve/text.h"

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

std::string Compact(Element element) {
  std::string out, separator;
  Array list;
  Object members;
  std::string_view text;
  bool truth = false;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double number = 0;
  if (element.Get(list)) {
    for (const Element item : list) out += std::exchange(separator, ",") + Compact(item);
    return "[" + out + "]";
  }
  if (element.Get(members)) {
    for (const auto& [key, value] : members) {
      out += std::exchange(separator, ",");
      AppendQuoted(key, out);
      out += ":" + Compact(value);
    }
    return "{" + out + "}";
  }
  if (element.Get(text))
    AppendQuoted(text, out);
  else if (element.Get(truth))
    out = truth ? "true" : "false";
  else if (element.Get(integer))
    out = std::to_string(integer);
  else if (element.Get(natural))
    out = std::to_string(natural);
  else if (element.Get(number))
    AppendNumber(number, out);
  else
    out = "null";
  return out;
}

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || text.size() - i <= more) return false;
    std::uint32_t code = first & (0x3Fu >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    if ((more == 2 && code < 0x800) || (more == 3 && code < 0x10000) || code > 0x10FFFF ||
        (code >= 0xD800 && code <= 0xDFFF))
      return false;
    i += more + 1;
  }
  return true;
}

}  // namespace tagwerk::serve::json
