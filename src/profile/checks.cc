// The list of checks and what they share; see checks.h.
#include "profile/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "profile/texts.h"
#include "table/words.h"

namespace tagwerk::profile {

const std::vector<NamedCheck>& AllChecks() {
  static const std::vector<NamedCheck> checks = {
      {"missing_target", CheckMissingTarget, true},
      {"constant", CheckConstant, false},
      {"leakage", CheckLeakage, true},
      {"mixed_types", CheckMixedTypes, false},
      {"ids", CheckIds, false},
      {"same_columns", CheckSameColumns, false},
      {"balance", CheckBalance, true},
      {"order", CheckOrder, true},
      {"split_dates", CheckSplitDates, false},
      {"duplicates", CheckDuplicates, false},
      {"missing", CheckMissing, false},
      {"cardinality", CheckCardinality, false},
      {"sentinels", CheckSentinels, false},
      {"outliers", CheckOutliers, false},
      {"near_duplicates", CheckNearDuplicates, false},
      {"missing_together", CheckMissingTogether, false},
      {"order_columns", CheckOrderColumns, false},
      {"near_rows", CheckNearRows, false},
      {"unusual_rows", CheckUnusualRows, false},
      {"contents", CheckContents, false},
      {"reading", CheckReading, false},
  };
  return checks;
}

bool CheckState::IsUsed(std::size_t c) const {
  return std::find(options.use.begin(), options.use.end(), Name(c)) != options.use.end();
}

bool CheckState::IsText(std::size_t c) const {
  const table::Column& values = table.column(c);
  table::Rows all;
  if (goal == nullptr) {
    all.resize(table.num_rows());
    std::iota(all.begin(), all.end(), table::RowIndex(0));
  }
  return table::HoldsWords(*values.codes(), *values.dictionary(), goal == nullptr ? all : profile.labelled);
}

Action CheckState::LeaveOut(std::size_t c, const std::string& reason) {
  if (IsUsed(c)) return Action::kKept;
  if (IsOpen(c)) profile.reason_not_used[c] = reason;
  return Action::kLeftOut;
}

std::vector<std::size_t> CheckState::OpenColumns() const {
  std::vector<std::size_t> open;
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    if (IsOpen(c)) open.push_back(c);
  }
  return open;
}

Finding MakeFinding(std::string id, Severity severity, const std::string& column, std::string text_key, Json values) {
  Finding finding;
  finding.id = std::move(id);
  finding.severity = severity;
  if (!column.empty()) {
    finding.columns.push_back(column);
    values["column"] = column;
  }
  finding.text_key = std::move(text_key);
  finding.text_values = std::move(values);
  finding.text = EnglishText(finding.text_key, finding.text_values);
  return finding;
}

void SetLeftOut(CheckState& state, Finding& finding, std::size_t column, const std::string& reason) {
  finding.action = state.LeaveOut(column, reason);
  const bool left_out = finding.action == Action::kLeftOut;
  finding.override_option = (left_out ? "--use " : "--drop ") + OptionName(state.Name(column));
  if (left_out) return;
  finding.text_key = "finding.used_anyway";
  finding.text_values["why"] = finding.brief;
  finding.text = EnglishText(finding.text_key, finding.text_values);
}

void SetManyLeftOut(CheckState& state, Finding& finding, const std::vector<std::size_t>& columns,
                    const std::string& reason) {
  for (const std::size_t c : columns) {
    finding.columns.push_back(state.Name(c));
    if (state.LeaveOut(c, reason) == Action::kLeftOut) finding.action = Action::kLeftOut;
  }
  finding.override_option = "--use " + OptionName(state.Name(columns.front()));
}

std::string OptionName(const std::string& name) {
  if (name.find_first_of(",\" ") == std::string::npos) return name;
  if (name.find_first_of(",\"") == std::string::npos) return "'" + name + "'";
  std::string quoted;
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return "'\"" + quoted + "\"'";
}

std::string ScoreText(double score) { return fmt::format("{:.3f}", score); }

}  // namespace tagwerk::profile
