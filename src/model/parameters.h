// Hyperparameters, declared once: name, type, range, default, doc, tunable range. The declaration feeds
// validation, CLI help, Python signatures, the search space and the reference. No aliases.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tagwerk::model {

enum class ParameterType : std::uint8_t { kInteger, kReal, kBoolean, kChoice };

struct ParameterSpec {
  std::string name;
  ParameterType type = ParameterType::kReal;
  double default_value = 0;  ///< booleans: 0 or 1; choices: index
  double low = 0, high = 0;  ///< allowed range, ends included unless low_open
  bool low_open = false;
  std::vector<std::string> choices = {};
  std::string doc;
  bool log_scale = false;              ///< of the tunable range
  double tune_low = 0, tune_high = 0;  ///< equal: not tuned
  bool zero_is_none = false;           ///< 0 stands for "not set"; Python says None
};

/// Values by name; only what differs from the defaults needs to be set.
class Parameters {
 public:
  void Set(std::string name, double value) { values_[std::move(name)] = value; }
  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  /// Returns the value, or the default of the specification. The name must be declared.
  double Get(const std::vector<ParameterSpec>& specs, std::string_view name) const;
  const std::map<std::string, double, std::less<>>& values() const { return values_; }
  bool operator==(const Parameters&) const = default;

 private:
  std::map<std::string, double, std::less<>> values_;
};

/// Checks names and ranges. Errors: unknown-parameter (with similar names), parameter-range.
Status ValidateParameters(std::string_view learner, const std::vector<ParameterSpec>& specs,
                          const Parameters& parameters);
/// Parses one typed value ("63", "0.05", "true", a choice's name) into `parameters`.
Status ParseParameter(std::string_view learner, const std::vector<ParameterSpec>& specs, std::string_view name,
                      std::string_view text, Parameters& parameters);
/// Writes all parameters (defaults filled in) with choices by name, booleans as true / false.
Json ParametersJson(const std::vector<ParameterSpec>& specs, const Parameters& parameters);

}  // namespace tagwerk::model
