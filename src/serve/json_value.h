// Views of parsed JSON. The parser is RapidJSON under a namespace of our own: the simdjson in Debian and the one inside
// pyarrow's libparquet export the same names and call each other's code.
#pragma once

#define RAPIDJSON_NAMESPACE tagwerk_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace tagwerk_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace tagwerk::serve::json {

using Value = tagwerk_rapidjson::Value;

enum class Type : std::uint8_t { kArray, kObject, kInteger, kUnsigned, kDouble, kText, kBoolean, kNull };

class Array;
class Object;

/// One value; absent where a member was asked for that is not there. Every Get returns whether the value is of that
/// kind, and leaves `out` alone where it is not.
class Element {
 public:
  Element() = default;
  explicit Element(const Value* value) : value_(value) {}
  Type type() const;
  bool is_object() const { return value_ != nullptr && value_->IsObject(); }
  bool is_array() const { return value_ != nullptr && value_->IsArray(); }
  bool Get(std::string_view& out) const;
  bool Get(bool& out) const;
  bool Get(std::int64_t& out) const;
  bool Get(std::uint64_t& out) const;
  bool Get(double& out) const;  ///< of any number
  bool Get(Array& out) const;
  bool Get(Object& out) const;
  bool Get(Element& out) const;

 private:
  const Value* value_ = nullptr;
};

class Array {
 public:
  class Iterator {
   public:
    explicit Iterator(const Value* at) : at_(at) {}
    Element operator*() const { return Element(at_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Value* at_;
  };
  Array() = default;
  explicit Array(const Value* value) : value_(value) {}
  Iterator begin() const { return Iterator(value_ == nullptr ? nullptr : value_->Begin()); }
  Iterator end() const { return Iterator(value_ == nullptr ? nullptr : value_->End()); }
  std::size_t size() const { return value_ == nullptr ? 0 : value_->Size(); }

 private:
  const Value* value_ = nullptr;
};

class Object {
 public:
  using Member = std::pair<std::string_view, Element>;
  class Iterator {
   public:
    explicit Iterator(Value::ConstMemberIterator at) : at_(at) {}
    Member operator*() const { return {{at_->name.GetString(), at_->name.GetStringLength()}, Element(&at_->value)}; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    Value::ConstMemberIterator at_;
  };
  Object() = default;
  explicit Object(const Value* value) : value_(value) {}
  Iterator begin() const { return Iterator(value_->MemberBegin()); }
  Iterator end() const { return Iterator(value_->MemberEnd()); }
  /// The last member of this name, or an absent element.
  Element operator[](std::string_view name) const;

 private:
  const Value* value_ = nullptr;
};

/// Copies a value: for what is rare.
Json ToJson(Element element);

}  // namespace tagwerk::serve::json
