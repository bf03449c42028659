// Forms that values of settings have beyond being text or number, and how a file is told that one is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/toml.h"
#include "base/result.h"

namespace tagwerk::app {

/// So many requests in so many seconds; 0 requests: no limit.
struct Rate {
  double requests = 0, seconds = 1;
};
/// Reads "100/s", "5000/m", "20000/h" or "none". Error option-value.
Result<Rate> ParseRate(const std::string& text, const std::string& what);

enum class SettingForm : std::uint8_t {
  kAny,
  kText,      ///< not empty
  kFile,      ///< a path, relative to the file of settings; "" = none
  kPort,      ///< 0 to 65535
  kCount,     ///< whole, from 0
  kFlag,      ///< true or false
  kSize,      ///< "16M"
  kDuration,  ///< "30s", or a number of seconds
  kRate,      ///< "100/s" or "none"
};
/// Returns what is needed instead, or nothing where a value has its form.
std::optional<std::string> FormFault(SettingForm form, const toml::node& node);

}  // namespace tagwerk::app
