// Profile: statistics of every column and the findings that need no model (and leakage, which needs
// only single columns and pairs). One pass per column, columns in parallel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "base/task.h"
#include "profile/finding.h"
#include "profile/missingness.h"
#include "profile/pairs.h"
#include "table/digest.h"
#include "table/read_result.h"
#include "table/table.h"

namespace tagwerk::profile {

struct TopValue {
  std::string value;
  std::int64_t count = 0;
};

struct ColumnProfile {
  std::string name;
  table::SemanticType type = table::SemanticType::kNumeric;
  std::int64_t rows = 0, missing = 0, distinct = 0;
  bool distinct_exact = true;
  bool whole = false;  ///< the table is a sample, but these figures are of all rows (not histogram, top, target_*)
  // numeric and datetime (seconds since 1970)
  double mean = 0, sd = 0, min = 0, max = 0, skewness = 0;
  std::vector<double> quantiles;        ///< at 0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100 %
  std::vector<double> histogram_edges;  ///< counts + 1
  std::vector<std::int64_t> histogram_counts;
  std::int64_t zeros = 0, negatives = 0;
  std::vector<TopValue> top;       ///< at most 10, most frequent first
  double mean_length = 0;          ///< strings
  Json distribution, text, times;  ///< full profile: members of `statistics`; null where they do not apply
  // relation to the target, alone, on a sample: auc (binary), log-loss gain or R2
  std::optional<double> target_score;
  std::string target_metric;  ///< "auc", "macro auc", "r2"
  /// Target by bins of this column for the report: label, rows, mean target (positive share) and interval.
  Json target_relation;
};
Json ColumnProfileJson(const ColumnProfile& profile, const table::Field& field);

/// What the user asked, resolved against the table.
struct Goal {
  std::size_t target = 0;  ///< column index
  Task task = Task::kRegression;
  std::vector<std::string> classes;  ///< labels in order: numbers numerically, else by code point
  int positive = 1;                  ///< class index (binary)
  std::optional<std::size_t> time, group, weight, id;
};

/// Finds task and classes of a target. `task` / `positive` empty: automatic. Errors: target-empty,
/// target-one-class, target-type, label-not-found.
Result<Goal> ResolveGoal(const table::Table& table, std::size_t target, const std::string& task,
                         const std::string& positive);
/// Returns class index per row (as double, NaN = missing) or the numeric target.
std::vector<double> TargetValues(const table::Table& table, const Goal& goal);
/// Lists the likely targets with the reason for each, best first (`run` without --target).
struct TargetCandidate {
  std::string column, reason;
};
std::vector<TargetCandidate> LikelyTargets(const table::Table& table);

struct OrderFacts;
struct Dependencies;
struct UnusualRows;

struct ProfileOptions {
  bool full = false;              ///< `tagwerk profile`: also what a run has no time for
  bool drop_suspects = false;     ///< --suspects drop
  std::vector<std::string> use;   ///< --use: overrule what a finding left out
  std::vector<std::string> drop;  ///< --drop
};

struct Profile {
  std::vector<ColumnProfile> columns;                ///< in table order
  std::vector<Finding> findings;                     ///< sorted
  std::vector<std::size_t> features;                 ///< columns that may be learnt from, after findings
  std::vector<std::size_t> suspects;                 ///< suspect columns (kept or dropped), most suspect first
  std::vector<std::size_t> certain_leaks;            ///< left out
  std::vector<std::string> reason_not_used;          ///< per column: "" or constant, id, leakage, dropped, target, ...
  table::Rows labelled;                              ///< rows with a target
  table::Digest digest;                              ///< of the table
  Pairs pairs;                                       ///< strongest relations between columns
  std::optional<Missingness> missingness;            ///< full profile
  std::shared_ptr<const OrderFacts> order;           ///< full profile
  std::shared_ptr<const Dependencies> dependencies;  ///< full profile
  std::shared_ptr<const UnusualRows> unusual;        ///< full profile
};

/// Profiles a table; without a goal only the column statistics and goal-free findings are made.
Result<Profile> MakeProfile(const Context& context, const table::ReadResult& read, const Goal* goal,
                            const ProfileOptions& options);
Json ProfileJson(const Profile& profile, const table::ReadResult& read);  ///< tagwerk.profile/1

}  // namespace tagwerk::profile
