// Finding: something the data says that a person should know - with evidence, what was done, and how
// to undo it. Ids and members are those of experience.md part 5.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace tagwerk::profile {

enum class Severity : std::uint8_t { kCritical, kWarning, kNote };
enum class Action : std::uint8_t { kLeftOut, kSetAside, kEncoded, kImputed, kConverted, kKept };

std::string_view SeverityName(Severity severity);  ///< "critical" ...
std::string_view ActionName(Action action);        ///< "left_out" ...

struct Example {
  std::string file;
  std::int64_t line = 0;
  std::string value;
};

inline constexpr std::size_t kTellSingly = 3;  ///< more columns of one kind share one finding

struct Finding {
  std::string id;  ///< leakage.single_column, column.constant, ...
  Severity severity = Severity::kNote;
  std::vector<std::string> columns;
  std::int64_t rows = 0;           ///< rows concerned
  std::vector<Example> examples;   ///< at most 5
  Json evidence = Json::object();  ///< numbers by name
  Action action = Action::kKept;
  /// Key of the text catalogue and its values; the report renders it in --lang. `text` is the English.
  std::string text_key;
  Json text_values = Json::object();
  std::string text;             ///< one English sentence
  std::string brief;            ///< the summary's line: "alone separates the target: auc 1.000"
  std::string override_option;  ///< "--use arr_delay"
  bool suspect = false;         ///< leakage without proof
};

Json FindingJson(const Finding& finding);
Finding FindingFromJson(const Json& json);
/// Orders critical first, then warning, then note; leakage first within a severity; else stable.
void SortFindings(std::vector<Finding>& findings);

}  // namespace tagwerk::profile
