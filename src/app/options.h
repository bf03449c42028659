// The options of every verb, declared once: name, value, default, meaning. The table feeds parsing,
// help, completion, validation, the keys of tagwerk.toml and the arguments of Python.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tagwerk::app {

enum class OptionKind : std::uint8_t {
  kFlag,           ///< --no-register
  kValue,          ///< --budget 60s or --budget=60s
  kOptionalValue,  ///< --resume or --resume=RUN (the value needs "=")
  kRepeat,         ///< --type COL=TYPE, as often as wanted
};

struct OptionSpec {
  std::string name;        ///< with dashes: "--budget"
  std::string short_name;  ///< "-q", or empty
  OptionKind kind = OptionKind::kValue;
  std::string value;         ///< placeholder: "DURATION"
  std::string default_text;  ///< "60s"; empty: none
  std::string doc;
};

struct VerbSpec {
  std::string name;
  std::string usage;  ///< after the verb: "[DATA] --target COL [options]"
  std::string doc;    ///< one sentence
  std::string example;
  std::size_t max_positional = 0;
  std::vector<OptionSpec> options;
  bool reads_data = false;  ///< takes the reading options
};

/// Returns the verbs in the order of the help.
const std::vector<VerbSpec>& AllVerbs();
const VerbSpec* FindVerb(std::string_view name);
const std::vector<OptionSpec>& GlobalOptions();
const std::vector<OptionSpec>& ReadingOptions();
/// Returns every option that a verb takes: its own, reading, global.
std::vector<const OptionSpec*> OptionsOf(const VerbSpec& verb);

/// What was typed for one verb, checked against its table.
class Arguments {
 public:
  const VerbSpec* verb = nullptr;
  std::vector<std::string> positional;
  std::map<std::string, std::vector<std::string>, std::less<>> values;  ///< by option name

  bool Has(std::string_view option) const { return values.find(option) != values.end(); }
  /// Returns the last value given, or the default of the table, or "".
  std::string Get(std::string_view option) const;
  std::vector<std::string> All(std::string_view option) const;
};

/// Checks words against the verb's table. Errors: unknown-option, option-needs-value, option-takes-no-value,
/// too-many-arguments (all exit 2, with similar names).
Result<Arguments> ParseArguments(const VerbSpec& verb, const std::vector<std::string>& words);

/// Builds unknown-verb with similar names.
Error UnknownVerb(std::string_view typed);

}  // namespace tagwerk::app
