// One column against its reference; see drift.h.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/text.h"
#include "profile/drift.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kMostCells = 20;        // ranges of numbers
constexpr std::size_t kMostCategories = 100;  // that count singly in the effect; the others together
constexpr std::size_t kDrawnCategories = 12;
constexpr std::size_t kListedCategories = 20;
constexpr double kLeastExpected = 5;  // rows of a cell of the chi-square test (Cochran 1954)

/// Counts of both sides, cell by cell.
struct CellCounts {
  std::vector<double> reference, current;
  void Add(double r, double c) {
    reference.push_back(r);
    current.push_back(c);
  }
};

double Scale(const ColumnSample& sample) { return sample.rows > 0 ? sample.effective / sample.rows : 0; }

/// Pearson's test on rows of equal weight; cells that expect too few rows are taken together.
std::optional<stats::TestResult> ChiSquare(const CellCounts& cells, double scale_reference, double scale_current) {
  double total_reference = 0, total_current = 0;
  for (const double v : cells.reference) total_reference += v * scale_reference;
  for (const double v : cells.current) total_current += v * scale_current;
  const double total = total_reference + total_current;
  if (total_reference <= 0 || total_current <= 0) return std::nullopt;
  const double smaller = std::min(total_reference, total_current) / total;
  CellCounts kept;
  double rest_reference = 0, rest_current = 0;
  for (std::size_t i = 0; i < cells.reference.size(); ++i) {
    const double r = cells.reference[i] * scale_reference, c = cells.current[i] * scale_current;
    if ((r + c) * smaller >= kLeastExpected) {
      kept.Add(r, c);
    } else {
      rest_reference += r;
      rest_current += c;
    }
  }
  kept.Add(rest_reference, rest_current);
  std::vector<double> table = kept.reference;
  table.insert(table.end(), kept.current.begin(), kept.current.end());
  return stats::ChiSquareTest(table, 2, kept.reference.size());
}

/// Share of missing values: chi-square with Yates' correction.
double MissingP(const ColumnSample& a, const ColumnSample& b) {
  const double n = a.effective, m = b.effective, x = a.missing * Scale(a), y = b.missing * Scale(b);
  const double total = n + m, missing = x + y;
  if (n <= 0 || m <= 0 || missing <= 0 || missing >= total) return 1;
  const double gap = std::max(0.0, std::fabs(x * (m - y) - y * (n - x)) - total / 2);
  return stats::ChiSquareSurvival(total * gap * gap / (n * m * missing * (total - missing)), 1);
}

double Mean(const stats::SortedSample& sample) {
  double sum = 0;
  for (std::size_t i = 0; i < sample.values.size(); ++i) sum += sample.values[i] * sample.Weight(i);
  return sample.total > 0 ? sum / sample.total : 0;
}

void SetDistances(const CellCounts& cells, ColumnDrift& out) {
  out.psi = stats::PopulationStability(cells.reference, cells.current);
  out.jensen_shannon = stats::JensenShannonDistance(cells.reference, cells.current);
  out.effect = out.jensen_shannon;
}

void Draw(ColumnDrift& out, DriftCell cell, double r, double c, const ColumnSample& reference,
          const ColumnSample& current) {
  cell.reference = reference.rows > 0 ? r / reference.rows : 0;
  cell.current = current.rows > 0 ? c / current.rows : 0;
  out.cells.push_back(std::move(cell));
}

/// CellCounts of equal mass, as many as the smaller side can fill.
std::size_t CellCount(const ColumnSample& a, const ColumnSample& b) {
  const double rows = std::min(a.numbers.total * Scale(a), b.numbers.total * Scale(b));
  return std::size_t(std::clamp(rows / 20, 4.0, double(kMostCells)));
}

void CompareNumbers(const ColumnSample& a, const ColumnSample& b, ColumnDrift& out) {
  const std::vector<double> edges = stats::QuantileEdges(a.numbers, CellCount(a, b));
  CellCounts cells{stats::CellMass(a.numbers, edges), stats::CellMass(b.numbers, edges)};
  const std::size_t together = cells.reference.size() > kDrawnCategories ? 2 : 1;
  for (std::size_t i = 0; i < cells.reference.size(); i += together) {
    const std::size_t last = std::min(i + together, cells.reference.size()) - 1;
    const double before = cells.reference[i] + (last > i ? cells.reference[last] : 0);
    const double now = cells.current[i] + (last > i ? cells.current[last] : 0);
    DriftCell cell;
    cell.kind = last < edges.size() ? "range" : "above";
    if (last < edges.size()) cell.upper = edges[last];
    if (cell.kind == "range" || before + now > 0) Draw(out, std::move(cell), before, now, a, b);
  }
  if (a.missing + b.missing > 0) {
    cells.Add(a.missing, b.missing);
    Draw(out, {"", "missing", {}, 0, 0}, a.missing, b.missing, a, b);
  }
  SetDistances(cells, out);
  if (a.numbers.empty() || b.numbers.empty()) return;
  const stats::SampleDistance distance = stats::Distance(a.numbers, b.numbers);
  out.ks = distance.kolmogorov_smirnov;
  if (a.sd > 0) out.wasserstein = distance.wasserstein / a.sd;
  if (a.sd <= 0 && distance.wasserstein == 0) out.wasserstein = 0;
  if (out.wasserstein) out.effect = std::max(out.effect, *out.wasserstein);
  out.mean_reference = Mean(a.numbers);
  out.mean_current = Mean(b.numbers);
}

/// p-value of the numbers: few distinct values are counted, many are ranked.
std::optional<double> NumbersP(const ColumnSample& a, const ColumnSample& b, ColumnDrift& out) {
  if (a.numbers.empty() || b.numbers.empty()) return std::nullopt;
  const std::vector<double> values = stats::QuantileEdges(a.numbers, kMostCells);
  const bool few = values.size() <= kMostCells && stats::CellMass(a.numbers, values).back() == 0;
  if (!few || values.size() < 2)
    return stats::KolmogorovSmirnovP(*out.ks, a.numbers.total * Scale(a), b.numbers.total * Scale(b));
  const auto test =
      ChiSquare({stats::CellMass(a.numbers, values), stats::CellMass(b.numbers, values)}, Scale(a), Scale(b));
  if (!test) return std::nullopt;
  out.chi_square = test->statistic;
  return test->p_value;
}

void CompareCategories(const ColumnSample& a, const ColumnSample& b, ColumnDrift& out) {
  struct Pair {
    std::string_view value;
    double reference, current;
  };
  std::vector<Pair> pairs;
  std::unordered_map<std::string_view, std::size_t> index;
  index.reserve(a.categories.size());
  for (const CategoryCount& category : a.categories) {
    index.emplace(category.value, pairs.size());
    pairs.push_back({category.value, category.count, 0});
  }
  double other = b.other;
  for (const CategoryCount& category : b.categories) {
    if (const auto known = index.find(category.value); known != index.end()) {
      pairs[known->second].current += category.count;
    } else if (a.other > 0) {
      other += category.count;  // a rare category of the reference, or a new one: not to be told apart
    } else {
      pairs.push_back({category.value, 0, category.count});
      ++out.new_category_count;
      out.new_category_share += b.rows > 0 ? category.count / b.rows : 0;
      if (out.new_categories.size() < kListedCategories) out.new_categories.emplace_back(category.value);
    }
  }
  CellCounts all;
  for (const Pair& pair : pairs) all.Add(pair.reference, pair.current);
  if (a.other + other > 0) all.Add(a.other, other);
  if (a.missing + b.missing > 0) all.Add(a.missing, b.missing);
  if (const auto test = ChiSquare(all, Scale(a), Scale(b))) {
    out.chi_square = test->statistic;
    out.p_value = test->p_value;
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& x, const Pair& y) { return x.reference + x.current > y.reference + y.current; });
  CellCounts cells;
  double rest_reference = a.other, rest_current = other, drawn_reference = a.other, drawn_current = other;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i < kMostCategories) {
      cells.Add(pairs[i].reference, pairs[i].current);
    } else {
      rest_reference += pairs[i].reference, rest_current += pairs[i].current;
    }
    if (i < kDrawnCategories) {
      Draw(out, {std::string(pairs[i].value), "value", {}, 0, 0}, pairs[i].reference, pairs[i].current, a, b);
    } else {
      drawn_reference += pairs[i].reference, drawn_current += pairs[i].current;
    }
  }
  if (rest_reference + rest_current > 0) cells.Add(rest_reference, rest_current);
  if (drawn_reference + drawn_current > 0) Draw(out, {"", "rest", {}, 0, 0}, drawn_reference, drawn_current, a, b);
  if (a.missing + b.missing > 0) {
    cells.Add(a.missing, b.missing);
    Draw(out, {"", "missing", {}, 0, 0}, a.missing, b.missing, a, b);
  }
  SetDistances(cells, out);
}

}  // namespace

std::string_view DriftGrade(double effect) {
  if (effect < kSmallDrift) return "negligible";
  if (effect < kModerateDrift) return "small";
  return effect < kLargeDrift ? "moderate" : "large";
}

ColumnDrift CompareColumn(const ColumnSample& reference, const ColumnSample& current) {
  ColumnDrift out;
  out.name = reference.name;
  out.type = reference.type;
  out.form = reference.form;
  out.missing_reference_share = reference.rows > 0 ? reference.missing / reference.rows : 0;
  out.missing_current_share = current.rows > 0 ? current.missing / current.rows : 0;
  if (reference.rows <= 0 || current.rows <= 0) return out;
  if (reference.form == Form::kCategories) {
    CompareCategories(reference, current, out);
    return out;
  }
  CompareNumbers(reference, current, out);
  out.p_value = NumbersP(reference, current, out);
  if (reference.missing + current.missing > 0)
    out.p_value = std::min(1.0, 2 * std::min(out.p_value.value_or(1), MissingP(reference, current)));
  return out;
}

}  // namespace tagwerk::profile
