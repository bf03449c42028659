// Rows that repeat, and columns that repeat each other.
#include <algorithm>
#include <map>
#include <tuple>

#include "base/random.h"
#include "base/text.h"
#include "profile/checks.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

std::uint64_t ColumnHash(const table::Column& column) {
  std::vector<std::uint64_t> rows(column.size());
  column.HashInto(rows, 1);
  std::uint64_t hash = 0;
  for (const std::uint64_t row : rows) hash = Mix64(hash, row);
  return hash;
}

std::tuple<std::int64_t, std::int64_t, double, double, double> StatisticsOf(const ColumnProfile& column) {
  return {column.missing, column.distinct, column.min, column.max, column.mean_length};
}

bool SameValues(const table::Column& a, const table::Column& b) {
  if (a.storage() != b.storage()) return false;
  if (a.storage() == Storage::kString) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      const std::int32_t x = (*a.codes())[i], y = (*b.codes())[i];
      if ((x < 0) != (y < 0) || (x >= 0 && a.dictionary()->at(x) != b.dictionary()->at(y))) return false;
    }
    return true;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a.Hash(i) != b.Hash(i)) return false;
  }
  return true;
}

void AddManySame(CheckState& state, const std::vector<std::pair<std::size_t, std::size_t>>& same) {
  Finding finding =
      MakeFinding("column.near_duplicate", Severity::kNote, "", "finding.same_columns", {{"count", same.size()}});
  finding.rows = std::int64_t(state.table.num_rows());
  finding.brief = Count(std::int64_t(same.size())) + " columns hold the values of an earlier one";
  finding.evidence = {{"columns", same.size()}};
  std::vector<std::size_t> columns;
  for (const auto& [c, first] : same) columns.push_back(c);
  SetManyLeftOut(state, finding, columns, "same as an earlier column");
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace

void CheckSameColumns(CheckState& state) {
  const auto open = state.OpenColumns();
  // Only columns whose statistics agree can hold the same values.
  std::map<std::tuple<std::int64_t, std::int64_t, double, double, double>, std::size_t> alike;
  for (const std::size_t c : open) ++alike[StatisticsOf(state.profile.columns[c])];
  std::vector<std::uint64_t> hashes(state.table.num_columns());
  state.context.pool->For(open.size(), [&](std::size_t i) {
    const std::size_t c = open[i];
    hashes[c] = alike[StatisticsOf(state.profile.columns[c])] > 1 ? ColumnHash(state.table.column(c)) : Mix64(c);
  });
  std::vector<std::pair<std::size_t, std::size_t>> same;  // later column, first column of its values
  std::map<std::uint64_t, std::vector<std::size_t>> seen;
  for (const std::size_t c : open) {
    auto& earlier = seen[hashes[c]];
    const auto first = std::find_if(earlier.begin(), earlier.end(), [&](std::size_t e) {
      return SameValues(state.table.column(e), state.table.column(c));
    });
    if (first == earlier.end()) {
      earlier.push_back(c);
    } else {
      same.emplace_back(c, *first);
    }
  }
  if (same.size() > kTellSingly) {
    AddManySame(state, same);
    return;
  }
  for (const auto& [c, first] : same) {
    Finding finding = MakeFinding("column.near_duplicate", Severity::kNote, state.Name(c), "finding.same_as",
                                  {{"other", state.Name(first)}});
    finding.columns.push_back(state.Name(first));
    finding.rows = std::int64_t(state.table.num_rows());
    finding.brief = "holds the same values as " + Printable(state.Name(first));
    finding.evidence = {{"equal_share", 1.0}};
    SetLeftOut(state, finding, c, "same as " + state.Name(first));
    state.profile.findings.push_back(std::move(finding));
  }
}

void CheckDuplicates(CheckState& state) {
  if (state.table.num_columns() < 2) return;
  const std::int64_t repeats = state.profile.digest.repeats, sets = state.profile.digest.repeated_sets;
  if (repeats == 0) return;
  const double share = double(repeats) / double(state.table.num_rows());
  Finding finding = MakeFinding("row.duplicates", share > 0.01 ? Severity::kWarning : Severity::kNote, "",
                                "finding.duplicates", {{"count", repeats}, {"share", share}});
  finding.rows = repeats;
  finding.brief = Count(repeats) + (repeats == 1 ? " row repeats" : " rows repeat") + " another";
  finding.evidence = {{"repeats", repeats}, {"sets", sets}, {"share", share}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace tagwerk::profile
