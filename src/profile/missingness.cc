// Missing together and missing depending on something; see missingness.h.
#include "profile/missingness.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "base/random.h"
#include "stats/association.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kMostPatterns = 20;
constexpr double kTogether = 0.95;   ///< Jaccard overlap from which columns are empty together
constexpr std::int64_t kLeast = 20;  ///< rows of the sample with and without a value
constexpr double kMostWork = 4e8;    ///< values looked at; a wide table has its first columns tested
constexpr double kLeastEffect = 0.2, kMostQ = 0.001;

using Bits = std::vector<std::uint64_t>;

struct Indicator {
  std::size_t column = 0;
  Bits empty;  ///< by row of the sample
  std::int64_t count = 0;
};

std::int64_t Both(const Bits& a, const Bits& b) {
  std::int64_t n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += std::popcount(a[i] & b[i]);
  return n;
}

bool At(const Bits& bits, std::size_t i) { return (bits[i / 64] >> (i % 64)) & 1; }

Indicator MakeIndicator(const table::Table& table, std::size_t c, const table::Rows& rows) {
  Indicator indicator{c, Bits((rows.size() + 63) / 64), 0};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!table.column(c).IsMissing(rows[i])) continue;
    indicator.empty[i / 64] |= std::uint64_t{1} << (i % 64);
    ++indicator.count;
  }
  return indicator;
}

/// Patterns over all rows: a row's pattern is the sum of one random key per empty column.
void FillPatterns(const table::Table& table, const std::vector<std::size_t>& columns, Missingness& result) {
  std::vector<std::uint64_t> key(table.num_rows());
  for (const std::size_t c : columns) {
    const std::uint64_t own = Mix64(c + 1);
    for (std::size_t row = 0; row < key.size(); ++row) {
      if (table.column(c).IsMissing(row)) key[row] ^= own;
    }
  }
  struct Seen {
    std::int64_t rows = 0;
    std::size_t first = 0;
  };
  std::unordered_map<std::uint64_t, Seen> seen;
  for (std::size_t row = 0; row < key.size(); ++row) {
    Seen& pattern = seen[key[row]];
    if (pattern.rows++ == 0) pattern.first = row;
  }
  if (const auto complete = seen.find(0); complete != seen.end()) result.complete_rows = complete->second.rows;
  std::vector<Seen> most;
  for (const auto& [own, pattern] : seen) most.push_back(pattern);
  std::sort(most.begin(), most.end(),
            [](const Seen& a, const Seen& b) { return a.rows != b.rows ? a.rows > b.rows : a.first < b.first; });
  result.patterns_found = std::int64_t(most.size());
  for (std::size_t i = 0; i < std::min(kMostPatterns, most.size()); ++i) {
    Missingness::Pattern pattern;
    pattern.rows = most[i].rows;
    for (const std::size_t c : columns) {
      if (table.column(c).IsMissing(most[i].first)) pattern.columns.push_back(c);
    }
    result.patterns.push_back(std::move(pattern));
  }
}

/// Columns are joined to the first group whose first column they overlap with.
void FillMissingGroups(const table::Table& table, const std::vector<Indicator>& indicators, Missingness& result) {
  struct Joined {
    const Indicator* first = nullptr;
    Missingness::Group group;
  };
  std::vector<Joined> groups;
  for (const Indicator& indicator : indicators) {
    if (indicator.count < kLeast / 2) continue;
    bool found = false;
    for (Joined& joined : groups) {
      const double both = double(Both(joined.first->empty, indicator.empty));
      const double overlap = both / (double(joined.first->count) + double(indicator.count) - both);
      if (overlap < kTogether) continue;
      joined.group.columns.push_back(indicator.column);
      joined.group.overlap = std::min(joined.group.overlap, overlap);
      found = true;
      break;
    }
    if (!found) groups.push_back({&indicator, {{indicator.column}, 0, 1}});
  }
  for (Joined& joined : groups) {
    if (joined.group.columns.size() < 2) continue;
    for (std::size_t row = 0; row < table.num_rows(); ++row) {
      joined.group.rows += std::all_of(joined.group.columns.begin(), joined.group.columns.end(),
                                       [&](std::size_t c) { return table.column(c).IsMissing(row); });
    }
    result.groups.push_back(std::move(joined.group));
  }
  std::stable_sort(result.groups.begin(), result.groups.end(),
                   [](const auto& a, const auto& b) { return a.rows > b.rows; });
}

double MedianWhere(const std::vector<double>& values, const Bits& empty, bool where) {
  std::vector<double> kept;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i]) && At(empty, i) == where) kept.push_back(values[i]);
  }
  std::sort(kept.begin(), kept.end());
  return stats::SortedQuantile(kept, 0.5);
}

/// Compares `on` where the column is empty with where it is filled.
Missingness::Depends TestOne(const Frame& frame, const Indicator& indicator, std::size_t on) {
  Missingness::Depends depends;
  depends.column = indicator.column;
  depends.on = on;
  const FrameColumn& other = frame.columns[on];
  depends.numbers = other.kind == FrameColumn::Kind::kNumber;
  double empty = 0, filled = 0, empty_sum = 0, filled_sum = 0;
  std::vector<std::int32_t> side(frame.rows.size());
  for (std::size_t i = 0; i < side.size(); ++i) {
    side[i] = At(indicator.empty, i) ? 1 : 0;
    if (depends.numbers ? std::isnan(other.ranks[i]) : other.group[i] < 0) continue;
    (side[i] == 1 ? empty : filled) += 1;
    if (depends.numbers) (side[i] == 1 ? empty_sum : filled_sum) += other.ranks[i];
  }
  depends.rows = std::int64_t(empty + filled);
  depends.p_value = std::nan("");
  if (empty < kLeast || filled < kLeast) return depends;
  if (depends.numbers) {
    depends.effect = std::fabs(2 * (empty_sum / empty - filled_sum / filled) / double(other.present));
    depends.p_value = stats::KruskalWallis(stats::CorrelationRatio(other.ranks, side, 2)).p_value;
    return depends;
  }
  std::vector<double> counts(std::size_t(other.groups) * 2);
  for (std::size_t i = 0; i < side.size(); ++i) {
    if (other.group[i] >= 0) counts[std::size_t(other.group[i]) * 2 + std::size_t(side[i])] += 1;
  }
  const auto relation = stats::TableAssociation(counts, std::size_t(other.groups), 2);
  depends.effect = relation.cramers_v;
  depends.p_value = relation.chi_square.p_value;
  return depends;
}

/// The level in which the column is empty most beyond the others, by rows.
void DescribeDepends(const table::Table& table, const Frame& frame, const Indicator& indicator,
                     Missingness::Depends& depends) {
  const FrameColumn& other = frame.columns[depends.on];
  if (depends.numbers) {
    depends.median_empty = MedianWhere(other.numbers, indicator.empty, true);
    depends.median_filled = MedianWhere(other.numbers, indicator.empty, false);
    return;
  }
  std::vector<double> rows(std::size_t(other.groups)), empty(rows.size());
  std::vector<std::int32_t> code(rows.size(), -1);
  double all_rows = 0, all_empty = 0;
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    if (other.group[i] < 0) continue;
    const std::size_t g = std::size_t(other.group[i]);
    code[g] = (*table.column(depends.on).codes())[frame.rows[i]];
    rows[g] += 1, all_rows += 1;
    if (At(indicator.empty, i)) empty[g] += 1, all_empty += 1;
  }
  double most = -INFINITY;
  for (std::size_t g = 0; g < rows.size(); ++g) {
    const bool rare_levels = other.lumped && g + 1 == rows.size();
    const double surplus = empty[g] - rows[g] * all_empty / all_rows;
    if (rows[g] == 0 || rare_levels || surplus <= most) continue;
    most = surplus;
    depends.level = std::string(table.column(depends.on).dictionary()->at(code[g]));
    depends.share_in_level = empty[g] / rows[g];
    depends.share_elsewhere = all_rows > rows[g] ? (all_empty - empty[g]) / (all_rows - rows[g]) : 0;
  }
}

void FillDepends(const Context& context, const table::Table& table, const Frame& frame,
                 const std::vector<Indicator>& indicators, Missingness& result) {
  std::vector<std::vector<Missingness::Depends>> found(indicators.size());
  context.pool->For(indicators.size(), [&](std::size_t i) {
    const Indicator& indicator = indicators[i];
    if (indicator.count < kLeast || std::int64_t(frame.rows.size()) - indicator.count < kLeast) return;
    for (std::size_t on = 0; on < frame.columns.size() && !context.ShouldStop(); ++on) {
      if (on != indicator.column && frame.columns[on].kind != FrameColumn::Kind::kNone)
        found[i].push_back(TestOne(frame, indicator, on));
    }
  });
  std::vector<double> p;
  for (const auto& row : found)
    for (const auto& depends : row) p.push_back(depends.p_value);
  const std::vector<double> q = stats::BenjaminiHochberg(p);
  std::size_t at = 0;
  for (std::size_t i = 0; i < indicators.size(); ++i) {
    const Missingness::Depends* best = nullptr;
    for (auto& depends : found[i]) {
      depends.q_value = q[at++];
      if (!(depends.q_value <= kMostQ) || depends.effect < kLeastEffect) continue;
      if (best == nullptr || depends.effect > best->effect) best = &depends;
    }
    if (best == nullptr) continue;
    result.depends.push_back(*best);
    DescribeDepends(table, frame, indicators[i], result.depends.back());
  }
  std::stable_sort(result.depends.begin(), result.depends.end(),
                   [](const auto& a, const auto& b) { return a.effect > b.effect; });
}

/// One column of each group that is empty together, as many as the time allows.
std::vector<Indicator> Representatives(std::vector<Indicator> indicators, const Frame& frame,
                                       const std::vector<Missingness::Group>& groups) {
  for (const auto& group : groups) {
    std::erase_if(indicators, [&](const Indicator& indicator) {
      return std::find(group.columns.begin() + 1, group.columns.end(), indicator.column) != group.columns.end();
    });
  }
  const double each = double(frame.rows.size()) * double(frame.columns.size());
  const std::size_t affordable = std::size_t(std::max(1.0, kMostWork / std::max(1.0, each)));
  if (indicators.size() > affordable) indicators.resize(affordable);
  return indicators;
}

Json Names(const std::vector<std::size_t>& columns, const table::Table& table) {
  Json names = Json::array();
  for (const std::size_t c : columns) names.push_back(table.field(c).name);
  return names;
}

}  // namespace

Missingness FindMissingness(const Context& context, const table::Table& table, const Frame& frame) {
  Missingness result;
  std::vector<std::size_t> columns;
  std::vector<std::uint8_t> some(table.num_columns());
  context.pool->For(table.num_columns(), [&](std::size_t c) {
    for (std::size_t row = 0; row < table.num_rows() && some[c] == 0; ++row) some[c] = table.column(c).IsMissing(row);
  });
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    if (some[c] != 0) columns.push_back(c);
  }
  result.columns = std::int64_t(columns.size());
  result.complete_rows = std::int64_t(table.num_rows());
  if (columns.empty()) return result;
  FillPatterns(table, columns, result);
  std::vector<Indicator> indicators(columns.size());
  context.pool->For(columns.size(),
                    [&](std::size_t i) { indicators[i] = MakeIndicator(table, columns[i], frame.rows); });
  FillMissingGroups(table, indicators, result);
  FillDepends(context, table, frame, Representatives(std::move(indicators), frame, result.groups), result);
  return result;
}

Json MissingnessJson(const Missingness& missingness, const table::Table& table) {
  Json json = Json::object();
  json["columns"] = missingness.columns;
  json["complete_rows"] = missingness.complete_rows;
  json["patterns_found"] = missingness.patterns_found;
  Json patterns = Json::array(), groups = Json::array(), depends = Json::array();
  for (const auto& pattern : missingness.patterns)
    patterns.push_back({{"columns", Names(pattern.columns, table)}, {"rows", pattern.rows}});
  for (const auto& group : missingness.groups)
    groups.push_back({{"columns", Names(group.columns, table)}, {"rows", group.rows}, {"overlap", group.overlap}});
  for (const auto& d : missingness.depends) {
    Json entry = {{"column", table.field(d.column).name}, {"on", table.field(d.on).name}};
    entry["measure"] = d.numbers ? "rank_biserial" : "cramers_v";
    entry["effect"] = d.effect;
    entry["p_value"] = d.p_value;
    entry["q_value"] = d.q_value;
    entry["rows"] = d.rows;
    if (d.numbers) {
      entry["median_where_empty"] = d.median_empty;
      entry["median_elsewhere"] = d.median_filled;
    } else {
      entry["level"] = d.level;
      entry["empty_share_in_level"] = d.share_in_level;
      entry["empty_share_elsewhere"] = d.share_elsewhere;
    }
    depends.push_back(std::move(entry));
  }
  json["patterns"] = std::move(patterns);
  json["groups"] = std::move(groups);
  json["depends"] = std::move(depends);
  return json;
}

}  // namespace tagwerk::profile
