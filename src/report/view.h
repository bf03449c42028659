// A view into the run document that never throws: absent, null and wrongly typed members are empty.
// The document may come from a file, so nothing about its shape is taken for granted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace tagwerk::report {

class View {
 public:
  View() = default;
  View(const Json& json) : json_(json.is_null() ? nullptr : &json) {}  // NOLINT: implicit by design

  /// Returns the member, or an empty view.
  View operator[](std::string_view key) const;
  View operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  View at(std::size_t index) const;
  std::size_t size() const;  ///< of an array or object, else 0
  bool has() const { return json_ != nullptr; }
  explicit operator bool() const { return has(); }

  std::optional<double> number() const;  ///< finite numbers only
  double number_or(double fallback) const { return number().value_or(fallback); }
  bool truth() const;                     ///< true only for the JSON value true
  std::string text() const;               ///< strings; numbers and booleans as people write them
  std::vector<View> items() const;        ///< of an array or object
  std::vector<std::string> keys() const;  ///< of an object
  std::vector<double> numbers() const;    ///< of an array; others than numbers are left out

 private:
  const Json* json_ = nullptr;
};

}  // namespace tagwerk::report
