// Makes the profile: columns in parallel, then the checks one after another; see profile.h.
#include "profile/profile.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "profile/checks.h"
#include "profile/column_profile.h"
#include "profile/dependencies.h"
#include "profile/frame.h"
#include "profile/merge.h"
#include "profile/order.h"
#include "profile/relation.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kSampleRows = 40000;
constexpr std::uint32_t kBins = 48;
constexpr std::size_t kFrameValues = 4000000;  ///< of the sample on which columns are compared
constexpr std::size_t kLeastFrameRows = 2000, kFrameRows = 10000, kFullFrameRows = 20000;
constexpr std::size_t kKeptPairs = 200;
constexpr double kPairBudget = 1e8, kFullPairBudget = 4e8;  ///< pairs of values

void ProfileOne(const table::Table& table, const Goal* goal, const TargetSample& sample, std::size_t c,
                ColumnProfile& column) {
  column = ProfileColumn(table, c);
  if (goal == nullptr || goal->target == c || sample.y.empty()) return;
  const std::uint32_t bins = std::uint32_t(std::clamp<std::size_t>(sample.y.size() / 25, 4, kBins));
  const double score = CrossFittedScore(sample, BinColumn(table.column(c), sample.rows, bins));
  if (!std::isnan(score)) column.target_score = score;
  column.target_metric = ScoreName(goal->task);
  column.target_relation = TargetRelation(table, c, sample);
}

/// Names of --use and --drop must exist; both lists are exact names.
Status CheckNames(const table::Table& table, const ProfileOptions& options) {
  for (const auto* list : {&options.use, &options.drop}) {
    for (const std::string& name : *list) {
      if (table.Find(name)) continue;
      return Error(Code::kInvalidArgument, "column-not-found", "column is not in the data: " + Quoted(name))
          .In(list == &options.use ? "--use" : "--drop")
          .Similar(SimilarNames(name, table.names()));
    }
  }
  return Ok();
}

void MarkRoles(const table::Table& table, const Goal* goal, const ProfileOptions& options, Profile& profile) {
  profile.reason_not_used.assign(table.num_columns(), "");
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    if (table.field(c).role == table::Role::kIgnored) profile.reason_not_used[c] = "ignored";
  }
  for (const std::string& name : options.drop) profile.reason_not_used[*table.Find(name)] = "dropped";
  if (goal == nullptr) return;
  if (goal->weight) profile.reason_not_used[*goal->weight] = "weight";
  if (goal->id) profile.reason_not_used[*goal->id] = "id";
  // A group names who a row belongs to: a model for new groups cannot use it.
  if (goal->group) profile.reason_not_used[*goal->group] = "group";
  profile.reason_not_used[goal->target] = "target";
}

/// What compares columns with each other works on one sample of rows; a wide table gets fewer.
void FillComparisons(CheckState& state, bool full) {
  const std::size_t columns = std::max<std::size_t>(1, state.table.num_columns());
  const std::size_t rows =
      std::clamp<std::size_t>(kFrameValues / columns, kLeastFrameRows, full ? kFullFrameRows : kFrameRows);
  const Frame frame = MakeFrame(state.context, state.table, rows);
  state.profile.pairs = FindPairs(state.context, frame, kKeptPairs, full ? kFullPairBudget : kPairBudget);
  if (!full) return;
  state.profile.missingness = FindMissingness(state.context, state.table, frame);
  state.profile.order = std::make_shared<const OrderFacts>(
      FindOrder(state.context, state.table, frame, state.profile.columns, RowTime(state)));
  state.profile.dependencies =
      std::make_shared<const Dependencies>(FindDependencies(state.context, state.table, state.profile.columns));
}

}  // namespace

Result<Profile> MakeProfile(const Context& context, const table::ReadResult& read, const Goal* goal,
                            const ProfileOptions& options) {
  const table::Table& table = read.table;
  TW_RETURN_IF_ERROR(CheckNames(table, options));
  Profile profile;
  MarkRoles(table, goal, options, profile);
  std::vector<double> target;
  TargetSample sample;
  if (goal != nullptr) {
    target = TargetValues(table, *goal);
    for (std::size_t row = 0; row < target.size(); ++row) {
      if (!std::isnan(target[row])) profile.labelled.push_back(table::RowIndex(row));
    }
    sample = SampleTarget(profile.labelled, target, *goal, kSampleRows);
  }
  profile.columns.resize(table.num_columns());
  context.pool->For(table.num_columns(), [&](std::size_t c) {
    if (!context.Stopped()) ProfileOne(table, goal, sample, c, profile.columns[c]);
  });
  CheckState state{context, read, table, goal, options, target, sample, profile};
  profile.digest = table::MakeDigest(table, *context.pool);
  FillComparisons(state, options.full);
  for (const NamedCheck& check : AllChecks()) {
    if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted while profiling");
    if (!check.needs_goal || goal != nullptr) check.run(state);
  }
  if (goal != nullptr) {
    for (std::size_t c = 0; c < table.num_columns(); ++c) {
      if (profile.reason_not_used[c].empty()) profile.features.push_back(c);
    }
  }
  // Findings compare figures with the rows of the table; only then do those of all rows take their place.
  for (std::size_t c = 0; c < read.totals.size(); ++c) TakeTotals(read.totals[c], profile.columns[c]);
  MergeAlike(profile.findings);
  SortFindings(profile.findings);
  return profile;
}

}  // namespace tagwerk::profile
