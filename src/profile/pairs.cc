// Pairs of columns; see pairs.h.
#include "profile/pairs.h"

#include <algorithm>
#include <cmath>

#include "stats/association.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

using PairKind = PairRelation::Kind;

constexpr std::size_t kMostCompared = 1000;
constexpr std::size_t kLeastComparedRows = 1000;
constexpr std::int64_t kLeastPresent = 10;  ///< rows in which both columns have a value

/// A number column ready for products: centred and scaled to length 1, of its values and of its ranks.
struct Unit {
  std::vector<double> values, ranks;
  bool complete = false;
};

std::vector<double> Scaled(const std::vector<double>& values, std::size_t rows) {
  double n = 0, mean = 0, m2 = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    if (std::isnan(values[i])) continue;
    n += 1;
    const double d = values[i] - mean;
    mean += d / n;
    m2 += d * (values[i] - mean);
  }
  std::vector<double> scaled(rows);
  const double length = m2 > 0 ? 1 / std::sqrt(m2) : 0;
  for (std::size_t i = 0; i < rows; ++i) scaled[i] = (values[i] - mean) * length;
  return scaled;
}

/// Sum of products; four sums side by side, so that the additions do not wait for each other.
double Dot(const std::vector<double>& x, const std::vector<double>& y) {
  double a = 0, b = 0, c = 0, d = 0;
  std::size_t i = 0;
  for (; i + 4 <= x.size(); i += 4) {
    a += x[i] * y[i];
    b += x[i + 1] * y[i + 1];
    c += x[i + 2] * y[i + 2];
    d += x[i + 3] * y[i + 3];
  }
  for (; i < x.size(); ++i) a += x[i] * y[i];
  return std::clamp((a + b) + (c + d), -1.0, 1.0);
}

class Comparison {
 public:
  Comparison(const Frame& frame, std::vector<std::size_t> columns, std::size_t rows)
      : frame_(frame), columns_(std::move(columns)), rows_(rows), units_(frame.columns.size()) {}

  void Prepare(const Context& context) {
    context.pool->For(columns_.size(), [&](std::size_t i) {
      const FrameColumn& column = frame_.columns[columns_[i]];
      if (column.kind != FrameColumn::Kind::kNumber || context.ShouldStop()) return;
      Unit& unit = units_[columns_[i]];
      unit.complete = column.present == std::int64_t(frame_.rows.size());
      unit.values = Scaled(column.numbers, rows_);
      unit.ranks = Scaled(column.ranks, rows_);
    });
  }

  /// Relations of column i with all before it.
  std::vector<PairRelation> Row(const Context& context, std::size_t i) const {
    std::vector<PairRelation> found;
    for (std::size_t j = 0; j < i && !context.ShouldStop(); ++j) {
      PairRelation pair = Compare(columns_[j], columns_[i]);
      if (pair.rows >= kLeastPresent && !std::isnan(pair.p_value)) found.push_back(pair);
    }
    return found;
  }

 private:
  PairRelation Compare(std::size_t a, std::size_t b) const {
    const bool number_a = frame_.columns[a].kind == FrameColumn::Kind::kNumber;
    const bool number_b = frame_.columns[b].kind == FrameColumn::Kind::kNumber;
    if (number_a && number_b) return Numbers(a, b);
    if (number_a != number_b) return number_a ? NumberGroups(a, b) : NumberGroups(b, a);
    return Groups(a, b);
  }

  PairRelation Numbers(std::size_t a, std::size_t b) const {
    PairRelation pair{.kind = PairKind::kNumbers, .first = a, .second = b};
    const Unit &x = units_[a], &y = units_[b];
    if (x.complete && y.complete) {
      pair.rows = std::int64_t(rows_);
      pair.pearson = Dot(x.values, y.values);
      pair.spearman = Dot(x.ranks, y.ranks);
    } else {
      // Ranks are those among all rows with a value; Exact() ranks the shared rows anew where it matters.
      for (std::size_t i = 0; i < rows_; ++i) pair.rows += !std::isnan(x.values[i]) && !std::isnan(y.values[i]);
      pair.pearson = stats::Pearson(x.values, y.values);
      pair.spearman = stats::Pearson(x.ranks, y.ranks);
      if (std::isnan(pair.pearson)) pair.pearson = 0;
      if (std::isnan(pair.spearman)) pair.spearman = 0;
    }
    Judge(pair);
    return pair;
  }

  PairRelation NumberGroups(std::size_t number, std::size_t groups) const {
    PairRelation pair{.kind = PairKind::kNumberGroups, .first = number, .second = groups};
    const FrameColumn& by = frame_.columns[groups];
    const std::span<const std::int32_t> group(by.group.data(), rows_);
    const auto of_ranks = stats::CorrelationRatio(units_[number].ranks, group, std::size_t(by.groups));
    pair.eta = stats::CorrelationRatio(units_[number].values, group, std::size_t(by.groups)).eta_adjusted;
    pair.eta_rank = of_ranks.eta_adjusted;
    pair.rows = std::int64_t(of_ranks.rows);
    pair.p_value = stats::KruskalWallis(of_ranks).p_value;
    pair.strength = std::max(pair.eta, pair.eta_rank);
    return pair;
  }

  PairRelation Groups(std::size_t a, std::size_t b) const {
    PairRelation pair{.kind = PairKind::kGroups, .first = a, .second = b};
    const FrameColumn &x = frame_.columns[a], &y = frame_.columns[b];
    const std::size_t width = std::size_t(y.groups);
    std::vector<double> counts(std::size_t(x.groups) * width);
    for (std::size_t i = 0; i < rows_; ++i) {
      if (x.group[i] >= 0 && y.group[i] >= 0) counts[std::size_t(x.group[i]) * width + std::size_t(y.group[i])] += 1;
    }
    const auto relation = stats::TableAssociation(counts, std::size_t(x.groups), width);
    pair.rows = std::int64_t(relation.rows);
    pair.cramers_v = relation.cramers_v;
    pair.u_first = relation.u_rows;
    pair.u_second = relation.u_columns;
    pair.p_value = relation.chi_square.p_value;
    pair.strength = pair.cramers_v;
    return pair;
  }

 public:
  static void Judge(PairRelation& pair) {
    pair.strength = std::max(std::fabs(pair.pearson), std::fabs(pair.spearman));
    pair.p_value = stats::CorrelationP(pair.spearman, std::size_t(pair.rows));
  }

  /// Spearman's correlation with ranks among the rows in which both have a value.
  void Exact(PairRelation& pair) const {
    if (pair.kind != PairKind::kNumbers || (units_[pair.first].complete && units_[pair.second].complete)) return;
    const std::span<const double> x(frame_.columns[pair.first].numbers.data(), rows_);
    const std::span<const double> y(frame_.columns[pair.second].numbers.data(), rows_);
    if (const double rho = stats::Spearman(x, y); !std::isnan(rho)) pair.spearman = rho;
    Judge(pair);
  }

 private:
  const Frame& frame_;
  std::vector<std::size_t> columns_;
  std::size_t rows_;
  std::vector<Unit> units_;
};

bool Stronger(const PairRelation& a, const PairRelation& b) {
  if (a.strength != b.strength) return a.strength > b.strength;
  return a.first != b.first ? a.first < b.first : a.second < b.second;
}

/// Draws rows from the sample anew, for wide tables.
Frame Smaller(const Context& context, const Frame& frame, const std::vector<std::size_t>& columns, std::size_t rows) {
  Frame smaller;
  smaller.sampled = true;
  const table::Rows chosen = SampleRows(frame.rows.size(), rows, context.seed + 1);
  for (const table::RowIndex at : chosen) smaller.rows.push_back(frame.rows[at]);
  smaller.columns.resize(frame.columns.size());
  context.pool->For(columns.size(), [&](std::size_t i) {
    const FrameColumn& from = frame.columns[columns[i]];
    FrameColumn& to = smaller.columns[columns[i]];
    to.kind = from.kind;
    to.groups = from.groups;
    for (const table::RowIndex at : chosen) {
      if (from.kind == FrameColumn::Kind::kNumber) {
        to.numbers.push_back(from.numbers[at]);
        to.present += !std::isnan(from.numbers[at]);
      } else {
        to.group.push_back(from.group[at]);
        to.present += from.group[at] >= 0;
      }
    }
    to.ranks = stats::AverageRanks(to.numbers);
  });
  return smaller;
}

}  // namespace

Pairs FindPairs(const Context& context, const Frame& frame, std::size_t most, double budget) {
  Pairs result;
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < frame.columns.size(); ++c) {
    if (frame.columns[c].kind == FrameColumn::Kind::kNone) continue;
    if (columns.size() < kMostCompared) {
      columns.push_back(c);
    } else {
      ++result.columns_left_out;
    }
  }
  const double pairs = 0.5 * double(columns.size()) * double(columns.size());
  const std::size_t affordable = std::max(kLeastComparedRows, std::size_t(budget / std::max(1.0, pairs)));
  const std::size_t rows = std::min(frame.rows.size(), affordable);
  result.rows = std::int64_t(rows);
  result.sampled = frame.sampled || rows < frame.rows.size();
  if (columns.size() < 2 || std::int64_t(rows) < kLeastPresent) return result;
  if (rows < frame.rows.size()) return FindPairs(context, Smaller(context, frame, columns, rows), most, INFINITY);
  Comparison comparison(frame, columns, rows);
  comparison.Prepare(context);
  std::vector<std::vector<PairRelation>> found(columns.size());
  context.pool->For(columns.size(), [&](std::size_t i) { found[i] = comparison.Row(context, i); });
  std::vector<PairRelation> all;
  for (const auto& row : found) all.insert(all.end(), row.begin(), row.end());
  result.tested = std::int64_t(all.size());
  std::vector<double> p(all.size());
  std::transform(all.begin(), all.end(), p.begin(), [](const PairRelation& pair) { return pair.p_value; });
  const std::vector<double> q = stats::BenjaminiHochberg(p);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].q_value = q[i];
  const std::size_t kept = std::min(most, all.size());
  std::partial_sort(all.begin(), all.begin() + std::ptrdiff_t(kept), all.end(), Stronger);
  all.resize(kept);
  context.pool->For(kept, [&](std::size_t i) { comparison.Exact(all[i]); });
  std::sort(all.begin(), all.end(), Stronger);
  result.strongest = std::move(all);
  return result;
}

Json PairsJson(const Pairs& pairs, const table::Table& table) {
  Json json = Json::array();
  for (const PairRelation& pair : pairs.strongest) {
    Json entry = Json::object();
    entry["columns"] = {table.field(pair.first).name, table.field(pair.second).name};
    entry["strength"] = pair.strength;
    if (pair.kind == PairKind::kNumbers) {
      entry["kind"] = "number_number";
      entry["pearson"] = pair.pearson;
      entry["spearman"] = pair.spearman;
    } else if (pair.kind == PairKind::kNumberGroups) {
      entry["kind"] = "number_category";
      entry["correlation_ratio"] = pair.eta;
      entry["correlation_ratio_of_ranks"] = pair.eta_rank;
    } else {
      entry["kind"] = "category_category";
      entry["cramers_v"] = pair.cramers_v;
      entry["theils_u"] = {pair.u_first, pair.u_second};
    }
    entry["p_value"] = pair.p_value;
    entry["q_value"] = pair.q_value;
    entry["rows"] = pair.rows;
    json.push_back(std::move(entry));
  }
  return json;
}

Json PairsSummaryJson(const Pairs& pairs) {
  Json json = Json::object();
  json["tested"] = pairs.tested;
  json["shown"] = pairs.strongest.size();
  json["rows"] = pairs.rows;
  json["sampled"] = pairs.sampled;
  json["columns_left_out"] = pairs.columns_left_out;
  return json;
}

}  // namespace tagwerk::profile
