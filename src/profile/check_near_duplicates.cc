// Columns that say what another column says: one-to-one names of the same groups, numbers computed from
// other numbers (a factor and a constant, rounding), and numbers that nearly rank alike.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/text.h"
#include "profile/checks.h"
#include "stats/tests.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

using table::Storage;

constexpr double kRankAlike = 0.98;  ///< rank correlation
constexpr std::int64_t kLeastPairRows = 30;
constexpr std::int64_t kMostPairLevels = 10000;
constexpr std::int64_t kLeastMinority = 10;  ///< rows outside the most frequent level: else chance suffices

/// y = factor x + constant, or y = x rounded to decimals.
struct Formula {
  double factor = 1, constant = 0;
  std::optional<int> decimals;
};

/// Distance up to which a computed number counts as equal: the last digits of a double, and half a unit
/// of the last decimal that y is written with (up to 6).
double Tolerance(const std::vector<double>& y) {
  double least = INFINITY, most = -INFINITY, unit = 1;
  for (std::size_t i = 0; i < y.size(); i += std::max<std::size_t>(1, y.size() / 200)) {
    if (std::isnan(y[i])) continue;
    least = std::min(least, y[i]);
    most = std::max(most, y[i]);
    while (unit > 1e-6 && std::fabs(y[i] / unit - std::round(y[i] / unit)) > 1e-6) unit /= 10;
  }
  // Rounding explains a difference only where the numbers spread much further than it.
  const bool fine = unit > 1e-6 && most - least > 100 * unit;
  return std::max(std::max(std::fabs(least), std::fabs(most)) * 1e-9, fine ? 0.501 * unit : 0.0);
}

/// Holds in every row with both values; missing in the same rows.
template <class F>
bool HoldsEverywhere(const std::vector<double>& x, const std::vector<double>& y, double tolerance, F&& f) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) != std::isnan(y[i])) return false;
    if (!std::isnan(x[i]) && !(std::fabs(f(x[i]) - y[i]) <= tolerance)) return false;
  }
  return true;
}

/// Line through the two rows that lie furthest apart in x.
std::optional<Formula> FindAffine(const std::vector<double>& x, const std::vector<double>& y) {
  std::size_t low = x.size(), high = x.size();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    if (low == x.size() || x[i] < x[low]) low = i;
    if (high == x.size() || x[i] > x[high]) high = i;
  }
  if (low == x.size() || !(x[high] > x[low])) return std::nullopt;
  Formula formula;
  formula.factor = (y[high] - y[low]) / (x[high] - x[low]);
  formula.constant = y[low] - formula.factor * x[low];
  // Shorter numbers first: 1.8 and 32 rather than 1.7999999.
  for (const int digits : {4, 6, 9}) {
    Formula round;
    round.factor = std::strtod(fmt::format("{:.{}g}", formula.factor, digits).c_str(), nullptr);
    round.constant = std::strtod(fmt::format("{:.{}g}", formula.constant, digits).c_str(), nullptr);
    if (std::fabs(round.constant) < 1e-9 * std::fabs(y[high])) round.constant = 0;
    const auto line = [&](double v) { return round.factor * v + round.constant; };
    if (round.factor != 0 && HoldsEverywhere(x, y, Tolerance(y), line)) return round;
  }
  return std::nullopt;
}

std::optional<Formula> FindRounded(const std::vector<double>& x, const std::vector<double>& y) {
  for (const int decimals : {0, 1, 2, 3, -1, -2, -3}) {
    const double unit = std::pow(10.0, -decimals);
    if (HoldsEverywhere(x, y, 0.5 * unit * (1 + 1e-9), [](double v) { return v; }) &&
        HoldsEverywhere(y, y, 1e-9 * unit, [&](double v) { return std::round(v / unit) * unit; }))
      return Formula{1, 0, decimals};
  }
  return std::nullopt;
}

/// A column's values as codes from 0; -1 = missing. No codes: too many values.
struct Coded {
  std::shared_ptr<const std::vector<std::int32_t>> codes;
  std::int32_t size = 0;
};

Coded CodesOf(const table::Column& column) {
  if (column.storage() == Storage::kString) return {column.codes(), column.dictionary()->size()};
  std::vector<std::int32_t> codes(column.size(), -1);
  std::unordered_map<std::uint64_t, std::int32_t> seen;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (column.IsMissing(i)) continue;
    codes[i] = seen.emplace(column.Hash(i), std::int32_t(seen.size())).first->second;
    if (std::int64_t(seen.size()) > kMostPairLevels) return {};
  }
  return {std::make_shared<const std::vector<std::int32_t>>(std::move(codes)), std::int32_t(seen.size())};
}

/// Each value of one stands for one value of the other, in every row.
bool OneToOne(const Coded& a, const Coded& b) {
  if (a.codes == nullptr || b.codes == nullptr) return false;
  std::vector<std::int32_t> to_b(std::size_t(a.size), -1), to_a(std::size_t(b.size), -1);
  for (std::size_t i = 0; i < a.codes->size(); ++i) {
    const std::int32_t x = (*a.codes)[i], y = (*b.codes)[i];
    if ((x < 0) != (y < 0)) return false;
    if (x < 0) continue;
    std::int32_t &partner_x = to_b[std::size_t(x)], &partner_y = to_a[std::size_t(y)];
    if ((partner_x >= 0 && partner_x != y) || (partner_y >= 0 && partner_y != x)) return false;
    partner_x = y;
    partner_y = x;
  }
  return true;
}

bool Grouping(const CheckState& state, std::size_t c) {
  const ColumnProfile& column = state.profile.columns[c];
  const bool names = state.table.column(c).storage() == Storage::kString;
  const std::int64_t present = column.rows - column.missing;
  if (column.distinct < 2 || column.distinct > kMostPairLevels || 2 * column.distinct > present) return false;
  if (!names && (!state.table.field(c).integers || state.table.column(c).storage() != Storage::kDouble)) return false;
  const std::int64_t most = column.top.empty() ? 0 : column.top.front().count;
  return present - most >= kLeastMinority;
}

void AddRepeated(CheckState& state, std::size_t c, std::size_t other, const char* key, Json values, std::string brief,
                 Json evidence) {
  values["other"] = state.Name(other);
  Finding finding = MakeFinding("column.near_duplicate", Severity::kNote, state.Name(c), key, std::move(values));
  finding.columns.push_back(state.Name(other));
  finding.rows = state.profile.columns[c].rows - state.profile.columns[c].missing;
  finding.brief = std::move(brief);
  finding.evidence = std::move(evidence);
  finding.override_option = "--drop " + OptionName(state.Name(c));
  state.profile.findings.push_back(std::move(finding));
}

/// Names of the same groups; at least one of the two is text (numbers are compared as numbers).
void CheckOneToOne(CheckState& state, std::vector<std::uint8_t>& told) {
  std::unordered_map<std::int64_t, std::vector<std::size_t>> by_distinct;
  for (const std::size_t c : state.OpenColumns()) {
    if (Grouping(state, c)) by_distinct[state.profile.columns[c].distinct].push_back(c);
  }
  std::vector<std::optional<Coded>> coded(state.table.num_columns());
  const auto codes = [&](std::size_t c) -> const Coded& {
    if (!coded[c]) coded[c] = CodesOf(state.table.column(c));
    return *coded[c];
  };
  for (const std::size_t c : state.OpenColumns()) {
    const auto alike = by_distinct.find(state.profile.columns[c].distinct);
    if (alike == by_distinct.end() || alike->second.size() < 2 || !Grouping(state, c)) continue;
    for (const std::size_t other : alike->second) {
      if (other >= c || state.context.ShouldStop()) break;
      const bool text = state.table.column(c).storage() == Storage::kString ||
                        state.table.column(other).storage() == Storage::kString;
      if (!text || told[other] != 0 || state.profile.columns[c].missing != state.profile.columns[other].missing)
        continue;
      if (!OneToOne(codes(other), codes(c))) continue;
      const std::int64_t levels = state.profile.columns[c].distinct;
      AddRepeated(state, c, other, "finding.one_to_one", {{"levels", levels}},
                  "stands one-to-one for " + Printable(state.Name(other)), {{"levels", levels}, {"agree", 1.0}});
      told[c] = 1;
      break;
    }
  }
}

std::string FormulaText(const Formula& formula, const std::string& other) {
  std::string text = formula.factor == 1 ? other : Shortest(formula.factor) + " x " + other;
  if (formula.constant > 0) text += " + " + Shortest(formula.constant);
  if (formula.constant < 0) text += " - " + Shortest(-formula.constant);
  return text;
}

/// Returns whether the later column is computed from the earlier one, or the other way round.
bool CheckFormula(CheckState& state, std::size_t earlier, std::size_t c) {
  if (state.table.column(c).storage() != Storage::kDouble || state.table.column(earlier).storage() != Storage::kDouble)
    return false;
  const auto &x = *state.table.column(earlier).doubles(), &y = *state.table.column(c).doubles();
  for (const bool later : {true, false}) {
    const auto rounded = later ? FindRounded(x, y) : FindRounded(y, x);
    if (!rounded) continue;
    const std::size_t from = later ? earlier : c, to = later ? c : earlier;
    AddRepeated(state, to, from, "finding.rounded", Json::object(), "is " + Printable(state.Name(from)) + " rounded",
                {{"decimals", *rounded->decimals}});
    return true;
  }
  const auto line = FindAffine(x, y);
  if (!line) return false;
  const std::string formula = FormulaText(*line, state.Name(earlier));
  AddRepeated(state, c, earlier, "finding.affine", {{"formula", formula}}, "is " + Printable(formula, 60),
              {{"factor", line->factor}, {"constant", line->constant}});
  return true;
}

}  // namespace

void CheckNearDuplicates(CheckState& state) {
  if (state.profile.pairs.rows < kLeastPairRows) return;
  std::vector<std::uint8_t> told(state.table.num_columns());
  CheckOneToOne(state, told);
  // A column is told once, with the earliest column it repeats.
  std::vector<PairRelation> alike;
  for (const PairRelation& pair : state.profile.pairs.strongest) {
    if (pair.kind == PairRelation::Kind::kNumbers && std::fabs(pair.spearman) > kRankAlike &&
        pair.rows >= kLeastPairRows && state.IsOpen(pair.first) && state.IsOpen(pair.second))
      alike.push_back(pair);
  }
  std::sort(alike.begin(), alike.end(), [](const PairRelation& a, const PairRelation& b) {
    return a.second != b.second ? a.second < b.second : a.first < b.first;
  });
  for (const PairRelation& pair : alike) {
    const std::size_t c = pair.second;
    if (told[c] != 0 || state.profile.columns[c].distinct <= 2 || state.profile.columns[pair.first].distinct <= 2 ||
        state.context.ShouldStop())
      continue;
    told[c] = 1;
    if (std::fabs(pair.pearson) > 0.999 && CheckFormula(state, pair.first, c)) continue;
    AddRepeated(state, c, pair.first, "finding.near_duplicate", {{"value", ScoreText(pair.spearman)}},
                "nearly the same as " + Printable(state.Name(pair.first)) + ": " + ScoreText(pair.spearman),
                {{"spearman", pair.spearman}, {"pearson", pair.pearson}, {"rows", pair.rows}});
  }
}

}  // namespace tagwerk::profile
