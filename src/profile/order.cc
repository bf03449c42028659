// Sorted columns and columns that change along the rows; see order.h.
#include "profile/order.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/association.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr std::int32_t kOrderBlocks = 10, kTenths = 10;
constexpr std::size_t kLeastOrderRows = 200;
constexpr double kLeastDrift = 0.3;  ///< Cohen 1988: medium
constexpr double kMostDriftQ = 0.001;

/// Position of each sample row: its place in the file or in time; ties in time keep the file's order.
std::vector<std::int32_t> BlockOf(const table::Table& table, const Frame& frame,
                                  const std::optional<table::EventTime>& time) {
  std::vector<std::size_t> order(frame.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (time) {
    const auto times = table::TimesOf(table, *time);
    const auto& at = *times;
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return at[frame.rows[a]] < at[frame.rows[b]]; });
  }
  std::vector<std::int32_t> block(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    block[order[i]] = std::int32_t(i * std::size_t(kOrderBlocks) / order.size());
  return block;
}

/// Whether the values only rise or only fall from row to row: at most 1 % of the steps go the other way.
bool SortedNumbers(const std::vector<double>& values) {
  double up = 0, down = 0, last = std::nan("");
  for (const double v : values) {
    if (std::isnan(v)) continue;
    up += v > last;
    down += v < last;
    last = v;
  }
  return up + down >= 1 && std::min(up, down) <= 0.01 * (up + down);
}

bool SortedColumn(const table::Column& column, const ColumnProfile& profile) {
  if (profile.distinct < 2 || profile.distinct == profile.rows) return false;
  if (column.storage() == table::Storage::kDouble) return SortedNumbers(*column.doubles());
  if (column.storage() == table::Storage::kTimestamp) return false;  // rows in the order of time are no surprise
  if (double(profile.distinct) > 0.2 * double(profile.rows)) return false;
  std::int64_t changes = 0;
  std::int32_t last = -1;
  for (const std::int32_t code : *column.codes()) {
    if (code < 0 || code == last) continue;
    changes += last >= 0;
    last = code;
  }
  return double(changes) <= 1.01 * double(profile.distinct - 1);
}

/// Bins of a column: tenths of its ranks or its groups; the last bin holds the missing values.
std::vector<std::int32_t> BinsOf(const FrameColumn& column, std::size_t rows, std::int32_t& bins) {
  const bool numbers = column.kind == FrameColumn::Kind::kNumber;
  bins = (numbers ? kTenths : column.groups) + 1;
  std::vector<std::int32_t> bin(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const bool missing = numbers ? std::isnan(column.ranks[i]) : column.group[i] < 0;
    if (missing) {
      bin[i] = bins - 1;
    } else if (numbers) {
      bin[i] = std::min(kTenths - 1, std::int32_t((column.ranks[i] - 0.5) * kTenths / double(column.present)));
    } else {
      bin[i] = column.group[i];
    }
  }
  return bin;
}

/// The quantile that differs most between blocks, against the spread of the column.
void DescribeNumbers(const FrameColumn& column, const std::vector<std::int32_t>& block, OrderFacts::Change& change) {
  std::vector<std::vector<double>> values(kOrderBlocks);
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (!std::isnan(column.numbers[i])) values[std::size_t(block[i])].push_back(column.numbers[i]);
  }
  for (auto& of_block : values) std::sort(of_block.begin(), of_block.end());
  double best = -1;
  for (const double share : {0.5, 0.9, 0.1}) {
    double low = INFINITY, high = -INFINITY;
    for (const auto& of_block : values) {
      if (of_block.size() < 10) continue;
      const double at = stats::SortedQuantile(of_block, share);
      low = std::min(low, at);
      high = std::max(high, at);
    }
    // The median is the plainest: another quantile must differ clearly more.
    if (!(high - low > best * 1.5)) continue;
    best = high - low;
    change.share = share;
    change.low = low;
    change.high = high;
  }
}

/// The bin whose share differs most between blocks.
std::int32_t DescribeShares(const std::vector<double>& counts, std::int32_t bins, OrderFacts::Change& change) {
  std::vector<double> totals(kOrderBlocks);
  for (std::size_t i = 0; i < counts.size(); ++i) totals[i % kOrderBlocks] += counts[i];
  std::int32_t chosen = 0;
  for (std::int32_t b = 0; b < bins; ++b) {
    double low = 1, high = 0;
    for (std::int32_t k = 0; k < kOrderBlocks; ++k) {
      const double share = counts[std::size_t(b * kOrderBlocks + k)] / std::max(1.0, totals[std::size_t(k)]);
      low = std::min(low, share);
      high = std::max(high, share);
    }
    if (b > 0 && high - low <= change.high - change.low) continue;
    chosen = b;
    change.low = low;
    change.high = high;
  }
  return chosen;
}

void DescribeChange(const table::Table& table, const Frame& frame, const std::vector<std::int32_t>& block,
                    const std::vector<std::int32_t>& bin, const std::vector<double>& counts,
                    OrderFacts::Change& change) {
  const std::int32_t bins = std::int32_t(counts.size()) / kOrderBlocks;
  const std::int32_t chosen = DescribeShares(counts, bins, change);
  change.missing = chosen == bins - 1;
  if (change.missing) return;
  const FrameColumn& column = frame.columns[change.column];
  if (change.numbers) {
    DescribeNumbers(column, block, change);
  } else {
    const auto at = std::find(bin.begin(), bin.end(), chosen) - bin.begin();
    change.level = table.column(change.column).Text(frame.rows[std::size_t(at)]);
  }
}

OrderFacts::Change TestColumn(const table::Table& table, const Frame& frame, const std::vector<std::int32_t>& block,
                              std::size_t c) {
  OrderFacts::Change change;
  change.column = c;
  const FrameColumn& column = frame.columns[c];
  change.numbers = column.kind == FrameColumn::Kind::kNumber;
  change.rows = std::int64_t(frame.rows.size());
  std::int32_t bins = 0;
  const std::vector<std::int32_t> bin = BinsOf(column, frame.rows.size(), bins);
  std::vector<double> counts(std::size_t(bins) * kOrderBlocks);
  for (std::size_t i = 0; i < bin.size(); ++i) counts[std::size_t(bin[i] * kOrderBlocks + block[i])] += 1;
  const auto relation = stats::TableAssociation(counts, std::size_t(bins), kOrderBlocks);
  change.effect = relation.w;
  change.p_value = relation.chi_square.p_value;
  if (change.effect < kLeastDrift) return change;
  DescribeChange(table, frame, block, bin, counts, change);
  return change;
}

}  // namespace

OrderFacts FindOrder(const Context& context, const table::Table& table, const Frame& frame,
                     const std::vector<ColumnProfile>& columns, const std::optional<table::EventTime>& time) {
  OrderFacts facts;
  facts.along = time;
  if (frame.rows.size() < kLeastOrderRows) return facts;
  std::vector<std::uint8_t> sorted(table.num_columns());
  context.pool->For(table.num_columns(), [&](std::size_t c) { sorted[c] = SortedColumn(table.column(c), columns[c]); });
  const std::vector<std::int32_t> block = BlockOf(table, frame, time);
  const std::vector<std::size_t> parts = time ? time->Columns() : std::vector<std::size_t>{};
  std::vector<std::size_t> tested;
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    if (sorted[c] != 0) facts.sorted_by.push_back(c);
    const bool unique = columns[c].distinct == columns[c].rows - columns[c].missing && table.field(c).integers;
    const bool part = std::find(parts.begin(), parts.end(), c) != parts.end();
    const bool comparable = frame.columns[c].kind != FrameColumn::Kind::kNone;
    if (sorted[c] == 0 && !unique && !part && comparable && table.column(c).storage() != table::Storage::kTimestamp)
      tested.push_back(c);
  }
  facts.changes.resize(tested.size());
  context.pool->For(tested.size(), [&](std::size_t i) {
    facts.changes[i].column = tested[i];
    if (!context.ShouldStop()) facts.changes[i] = TestColumn(table, frame, block, tested[i]);
  });
  std::vector<double> p;
  for (const auto& change : facts.changes) p.push_back(change.p_value);
  const std::vector<double> q = stats::BenjaminiHochberg(p);
  for (std::size_t i = 0; i < q.size(); ++i) {
    facts.changes[i].q_value = q[i];
    facts.changes[i].drifts = q[i] <= kMostDriftQ && facts.changes[i].effect >= kLeastDrift;
  }
  std::stable_sort(facts.changes.begin(), facts.changes.end(),
                   [](const auto& a, const auto& b) { return a.effect > b.effect; });
  return facts;
}

Json OrderJson(const OrderFacts& order, const table::Table& table) {
  Json json = Json::object();
  json["along"] = order.along ? Json(table::NameOf(table, *order.along)) : Json();
  Json sorted = Json::array(), changes = Json::array();
  for (const std::size_t c : order.sorted_by) sorted.push_back(table.field(c).name);
  for (const auto& change : order.changes) {
    changes.push_back({{"column", table.field(change.column).name},
                       {"drifts", change.drifts},
                       {"cohens_w", change.effect},
                       {"p_value", change.p_value},
                       {"q_value", change.q_value},
                       {"rows", change.rows}});
  }
  json["sorted_by"] = std::move(sorted);
  json["columns"] = std::move(changes);
  return json;
}

}  // namespace tagwerk::profile
