#include "diagnose/across_split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/random.h"
#include "base/text.h"
#include "diagnose/errors.h"
#include "diagnose/small_model.h"

namespace tagwerk::diagnose {
namespace {

using table::Storage;

constexpr std::size_t kGroupFolds = 3;
constexpr std::size_t kMostGroupRows = 9000;
constexpr std::size_t kLeastGroupRows = 300, kLeastGroups = 30;
constexpr double kErrors = 4, kRelative = 0.1;
constexpr std::uint64_t kRepeats = 2;

bool SoundsLikeKey(const std::string& name) {
  const std::string lower = Lower(name);
  for (const char* end : {"id", "_no", "nr", "number", "key", "code", "ticket"}) {
    if (lower.ends_with(end)) return true;
  }
  return false;
}

std::vector<std::uint64_t> Hashes(const table::Table& table, const std::vector<std::string>& columns) {
  std::vector<std::size_t> found;
  for (const std::string& name : columns) {
    if (const auto c = table.Find(name)) found.push_back(*c);
  }
  return found.empty() ? std::vector<std::uint64_t>() : table.RowHashes(found);
}

/// Fold of each row: by its own hash, or by that of its group.
std::vector<std::size_t> FoldsOf(const table::Rows& rows, const std::vector<std::uint64_t>* group, std::uint64_t seed) {
  std::vector<std::size_t> fold(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t unit = group != nullptr ? (*group)[i] : rows[i];
    fold[i] = std::size_t(Mix64(seed, group != nullptr ? 0x960 : 0x961, unit) % kGroupFolds);
  }
  return fold;
}

/// Loss of every row out of fold; empty when a fit failed or the time ended.
std::vector<double> LossesOf(const Context& context, const GroupInput& input, const table::Rows& rows,
                             const std::vector<std::size_t>& fold) {
  std::vector<double> out(rows.size(), 0);
  std::vector<char> done(kGroupFolds, 0);
  const SmallInput small{input.table, input.features, input.y, input.task, input.num_classes};
  context.pool->For(kGroupFolds, [&](std::size_t f) {
    table::Rows train, valid;
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fold[i] == f) at.push_back(i);
      (fold[i] == f ? valid : train).push_back(rows[i]);
    }
    if (context.ShouldStop() || train.size() < 50 || valid.size() < 20) return;
    const auto fit = FitSmall(context, small, train, valid);
    if (!fit || context.ShouldStop()) return;
    std::vector<double> truth;
    for (const auto row : valid) truth.push_back(input.y[row]);
    const auto losses = RowLosses(input.task, truth, fit->scores, std::size_t(input.num_classes));
    for (std::size_t i = 0; i < at.size(); ++i) out[at[i]] = losses[i];
    done[f] = 1;
  });
  if (std::count(done.begin(), done.end(), 1) != std::ptrdiff_t(kGroupFolds)) out.clear();
  return out;
}

/// Whole groups, drawn by hash until there are rows enough.
table::Rows SampleGroups(const GroupInput& input, std::size_t column, std::uint64_t seed) {
  const table::Column& values = input.table->column(column);
  const double share = double(kMostGroupRows) / double(input.rows.size());
  table::Rows out;
  for (const auto row : input.rows) {
    if (values.IsMissing(row)) continue;
    if (share >= 1 || ToUnit(Mix64(seed, 0x962, values.Hash(row))) < share) out.push_back(row);
  }
  return out;
}

GroupCheck CheckOne(const Context& context, const GroupInput& input, std::size_t column) {
  GroupCheck out;
  out.column = column;
  const table::Rows rows = SampleGroups(input, column, context.seed);
  std::vector<std::uint64_t> groups;
  for (const auto row : rows) groups.push_back(input.table->column(column).Hash(row));
  std::unordered_map<std::uint64_t, std::size_t> index;
  for (const auto group : groups) index.emplace(group, index.size());
  out.groups = index.size();
  out.rows = rows.size();
  if (rows.size() < kLeastGroupRows || index.size() < kLeastGroups) return out;
  std::vector<double> shuffled(rows.size(), 0), grouped(rows.size(), 0);
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    for (const bool whole : {false, true}) {
      const auto fold = FoldsOf(rows, whole ? &groups : nullptr, context.seed + repeat);
      const auto losses = LossesOf(context, input, rows, fold);
      if (losses.empty()) return out;
      for (std::size_t i = 0; i < rows.size(); ++i) (whole ? grouped : shuffled)[i] += losses[i] / double(kRepeats);
    }
  }
  const double n = double(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.shuffled += shuffled[i] / n;
    out.grouped += grouped[i] / n;
  }
  out.difference = out.grouped - out.shuffled;
  std::vector<double> sums(index.size(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) sums[index.at(groups[i])] += grouped[i] - shuffled[i] - out.difference;
  double squares = 0;
  for (const double sum : sums) squares += sum * sum;
  out.error = std::sqrt(squares) / n;
  return out;
}

}  // namespace

SplitDuplicates FindSplitDuplicates(const table::Table& train, table::RowSpan train_rows,
                                    std::span<const double> train_target, const table::Table& judged,
                                    std::span<const double> judged_target, const std::vector<std::string>& columns) {
  SplitDuplicates out;
  const auto of_train = Hashes(train, columns), of_judged = Hashes(judged, columns);
  if (of_train.empty() || of_judged.empty()) return out;
  std::unordered_multimap<std::uint64_t, table::RowIndex> known;
  const std::unordered_set<std::uint64_t> wanted(of_judged.begin(), of_judged.end());
  for (const auto row : train_rows) {
    if (wanted.contains(of_train[row])) known.emplace(of_train[row], row);
  }
  for (std::size_t i = 0; i < of_judged.size(); ++i) {
    const auto [from, to] = known.equal_range(of_judged[i]);
    if (from == to) continue;
    out.rows.push_back(i);
    const bool same =
        std::any_of(from, to, [&](const auto& entry) { return train_target[entry.second] == judged_target[i]; });
    ++(same ? out.same_target : out.other_target);
  }
  return out;
}

std::vector<std::size_t> GroupCandidates(const table::Table& table, table::RowSpan rows, std::size_t target) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    const table::Field& field = table.field(c);
    const table::Column& column = table.column(c);
    const bool strings = column.storage() == Storage::kString && field.type != table::SemanticType::kBoolean;
    const bool key = column.storage() == Storage::kDouble && field.integers && SoundsLikeKey(field.name);
    if (c == target || (!strings && !key)) continue;
    std::unordered_map<std::uint64_t, std::size_t> counts;
    std::size_t present = 0;
    for (const auto row : rows) {
      if (column.IsMissing(row)) continue;
      ++counts[column.Hash(row)];
      ++present;
    }
    const double each = double(present) / double(std::max<std::size_t>(1, counts.size()));
    std::size_t repeated = 0;
    for (const auto& [hash, count] : counts) repeated += count > 1 ? count : 0;
    const bool repeats = each <= 200 && double(repeated) >= 0.2 * double(present);
    if (present >= kLeastGroupRows && counts.size() >= kLeastGroups && repeats) found.emplace_back(counts.size(), c);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < found.size() && i < 3; ++i) out.push_back(found[i].second);
  return out;
}

std::optional<GroupCheck> CheckGroups(const Context& context, const GroupInput& input) {
  std::optional<GroupCheck> worst;
  for (const std::size_t column : input.candidates) {
    if (context.ShouldStop()) break;
    const GroupCheck check = CheckOne(context, input, column);
    if (check.difference <= kErrors * check.error || check.difference < kRelative * check.shuffled) continue;
    if (check.error <= 0) continue;
    if (!worst || check.difference / check.shuffled > worst->difference / worst->shuffled) worst = check;
  }
  return worst;
}

}  // namespace tagwerk::diagnose
