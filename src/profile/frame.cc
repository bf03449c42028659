// Sampled rows, columns as numbers or groups; see frame.h.
#include "profile/frame.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "profile/relation.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr std::int32_t kMostGroups = 50;
constexpr std::int64_t kLeastOfGroup = 5;  ///< rarer levels share one group: chi-square needs expected counts

void FillNumbers(const table::Column& column, const table::Rows& rows, FrameColumn& out) {
  out.numbers = NumbersAt(column, rows);
  double low = INFINITY, high = -INFINITY;
  for (double& v : out.numbers) {
    if (std::isinf(v)) v = std::nan("");
    if (std::isnan(v)) continue;
    ++out.present;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (!(low < high)) {
    out.numbers.clear();
    return;
  }
  out.ranks = stats::AverageRanks(out.numbers);
  out.kind = FrameColumn::Kind::kNumber;
}

void FillGroups(const table::Column& column, const table::Rows& rows, FrameColumn& out) {
  std::vector<std::int64_t> counts(std::size_t(column.dictionary()->size()));
  for (const table::RowIndex row : rows) {
    const std::int32_t code = (*column.codes())[row];
    if (code < 0) continue;
    ++counts[std::size_t(code)];
    ++out.present;
  }
  std::vector<std::int32_t> levels;
  for (std::size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] > 0) levels.push_back(std::int32_t(code));
  }
  // Levels that hardly repeat name rows.
  if (levels.size() < 2 || (levels.size() > 20 && double(levels.size()) > 0.5 * double(out.present))) return;
  std::stable_sort(levels.begin(), levels.end(),
                   [&](auto a, auto b) { return counts[std::size_t(a)] > counts[std::size_t(b)]; });
  std::vector<std::int32_t> group_of(counts.size(), -1);
  for (const std::int32_t code : levels) {
    const bool own = out.groups < kMostGroups - 1 && (counts[std::size_t(code)] >= kLeastOfGroup || out.groups < 1);
    if (own) {
      group_of[std::size_t(code)] = out.groups++;
    } else {
      group_of[std::size_t(code)] = -2;
      out.lumped = true;
    }
  }
  if (out.lumped) {
    std::replace(group_of.begin(), group_of.end(), std::int32_t{-2}, out.groups);
    ++out.groups;
  }
  out.group.reserve(rows.size());
  for (const table::RowIndex row : rows) {
    const std::int32_t code = (*column.codes())[row];
    out.group.push_back(code < 0 ? -1 : group_of[std::size_t(code)]);
  }
  out.kind = FrameColumn::Kind::kGroups;
}

}  // namespace

table::Rows SampleRows(std::size_t rows, std::size_t limit, std::uint64_t seed) {
  table::Rows chosen;
  const bool all = rows <= limit;
  const double share = all ? 1 : double(limit) / double(rows);
  chosen.reserve(all ? rows : limit + limit / 8);
  for (std::size_t row = 0; row < rows; ++row) {
    if (all || ToUnit(Mix64(seed, row, 0x73616d706c65)) < share) chosen.push_back(table::RowIndex(row));
  }
  return chosen;
}

Frame MakeFrame(const Context& context, const table::Table& table, std::size_t limit) {
  Frame frame;
  frame.rows = SampleRows(table.num_rows(), limit, context.seed);
  frame.sampled = frame.rows.size() < table.num_rows();
  frame.columns.resize(table.num_columns());
  context.pool->For(table.num_columns(), [&](std::size_t c) {
    if (context.Stopped()) return;
    const table::Column& column = table.column(c);
    if (column.storage() != table::Storage::kString) {
      FillNumbers(column, frame.rows, frame.columns[c]);
    } else if (table.field(c).type != table::SemanticType::kText) {
      FillGroups(column, frame.rows, frame.columns[c]);
    }
  });
  return frame;
}

}  // namespace tagwerk::profile
