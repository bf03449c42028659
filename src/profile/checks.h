// Checks: each looks for one thing, adds findings and may leave columns out. A new check is a file
// check_<thing>.cc and one line in checks.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profile/profile.h"
#include "profile/relation.h"
#include "table/event_time.h"

namespace tagwerk::profile {

/// What checks read and write. Columns that an earlier check left out are not looked at again.
struct CheckState {
  const Context& context;
  const table::ReadResult& read;
  const table::Table& table;
  const Goal* goal;  ///< null: no target
  const ProfileOptions& options;
  const std::vector<double>& target;  ///< over all rows, NaN = missing; empty without a goal
  const TargetSample& sample;         ///< labelled rows that relations are computed on
  Profile& profile;                   ///< columns are filled; findings and reasons are added

  bool IsTarget(std::size_t c) const { return goal != nullptr && goal->target == c; }
  /// Returns whether a column is still a candidate feature.
  bool IsOpen(std::size_t c) const { return profile.reason_not_used[c].empty(); }
  bool IsUsed(std::size_t c) const;  ///< named by --use
  /// Returns whether the strings of a column are read by their words (over rows with a target, or all without one).
  bool IsText(std::size_t c) const;
  const std::string& Name(std::size_t c) const { return table.field(c).name; }
  /// Leaves a column out unless --use names it; returns the action for the finding.
  Action LeaveOut(std::size_t c, const std::string& reason);
  std::vector<std::size_t> OpenColumns() const;
};

/// Starts a finding about a column with its English text filled in from the key and the values
/// ("column" is added).
Finding MakeFinding(std::string id, Severity severity, const std::string& column, std::string text_key, Json values);
/// Adds the option that undoes leaving a column out, and the action.
void SetLeftOut(CheckState& state, Finding& finding, std::size_t column, const std::string& reason);
/// The same for several columns that share one finding; they become its columns.
void SetManyLeftOut(CheckState& state, Finding& finding, const std::vector<std::size_t>& columns,
                    const std::string& reason);
/// Writes a name as --use takes it (quoted as in CSV when it has a comma).
std::string OptionName(const std::string& name);
/// "0.899"
std::string ScoreText(double score);

struct NamedCheck {
  std::string_view name;
  void (*run)(CheckState&);
  bool needs_goal;
};
/// What orders the rows: the datetime column that the user named, else a complete one that the file follows, else one
/// whose name says just "time"; without one, a split date of that kind.
std::optional<table::EventTime> RowTime(const CheckState& state);
/// All checks in the order in which they run.
const std::vector<NamedCheck>& AllChecks();

void CheckReading(CheckState& state);
void CheckConstant(CheckState& state);
void CheckIds(CheckState& state);
void CheckSameColumns(CheckState& state);
void CheckMissingTarget(CheckState& state);
void CheckLeakage(CheckState& state);
void CheckBalance(CheckState& state);
void CheckDuplicates(CheckState& state);
void CheckMissing(CheckState& state);
void CheckCardinality(CheckState& state);
void CheckSentinels(CheckState& state);
void CheckMixedTypes(CheckState& state);
void CheckOutliers(CheckState& state);
void CheckNearDuplicates(CheckState& state);
void CheckMissingTogether(CheckState& state);
void CheckOrderColumns(CheckState& state);
void CheckUnusualRows(CheckState& state);
void CheckNearRows(CheckState& state);
void CheckContents(CheckState& state);
void CheckOrder(CheckState& state);
void CheckSplitDates(CheckState& state);

}  // namespace tagwerk::profile
