// Partial dependence (Friedman 2001, section 8.2): the mean prediction over held-out rows when one column
// is set to each value of a grid. All grid values of a column are predicted in one batch.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/random.h"
#include "base/text.h"
#include "explain/held_out.h"

namespace tagwerk::explain {
namespace {

constexpr std::size_t kRows = 500, kNumberPoints = 20, kTimePoints = 12, kCategories = 12;
constexpr double kMicroseconds = 1e6;

struct Point {
  Json x;
  std::string label;
  double share = 0;
};

struct Grid {
  std::vector<Point> points;
  table::ColumnPtr values;  ///< one value per point
};

// Different quantiles of the values, and the share of the values that is nearest to each.
std::vector<double> QuantileGrid(std::vector<double>& sorted, std::size_t most, std::vector<double>& shares,
                                 std::size_t all_rows) {
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> distinct = sorted;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<double> grid;
  if (distinct.size() <= most) {
    grid = distinct;
  } else {
    for (std::size_t i = 0; i < most; ++i) {
      const double v = sorted[i * (sorted.size() - 1) / (most - 1)];
      if (grid.empty() || grid.back() != v) grid.push_back(v);
    }
  }
  shares.assign(grid.size(), 0.0);
  std::size_t at = 0;
  for (const double v : sorted) {
    while (at + 1 < grid.size() && v - grid[at] > grid[at + 1] - v) ++at;
    shares[at] += 1.0 / double(all_rows);
  }
  return grid;
}

Grid NumberGrid(const table::Column& column) {
  std::vector<double> values, shares;
  for (const double v : *column.doubles())
    if (std::isfinite(v)) values.push_back(v);
  Grid grid;
  const std::vector<double> numbers = QuantileGrid(values, kNumberPoints, shares, column.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) grid.points.push_back({numbers[i], Shortest(numbers[i]), shares[i]});
  grid.values = table::Column::Doubles(numbers);
  return grid;
}

Grid TimeGrid(const table::Column& column, bool date_only) {
  std::vector<double> values, shares;
  for (const std::int64_t t : *column.timestamps())
    if (t != table::kMissingTime) values.push_back(double(t));
  Grid grid;
  std::vector<std::int64_t> times;
  for (const double t : QuantileGrid(values, kTimePoints, shares, column.size())) {
    times.push_back(std::int64_t(t));
    grid.points.push_back({t / kMicroseconds, table::TimestampText(times.back(), date_only), shares[times.size() - 1]});
  }
  grid.values = table::Column::Timestamps(std::move(times));
  return grid;
}

Grid CategoryGrid(const table::Column& column) {
  std::map<std::int32_t, std::size_t> rows;
  for (const std::int32_t code : *column.codes()) ++rows[code < 0 ? -1 : code];
  std::vector<std::pair<std::int32_t, std::size_t>> ranked(rows.begin(), rows.end());
  const auto text = [&](std::int32_t code) {
    return code < 0 ? std::string("missing") : std::string(column.dictionary()->at(code));
  };
  // By rows, then by text: codes depend on the order of the file.
  std::sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : text(a.first) < text(b.first);
  });
  if (ranked.size() > kCategories) ranked.resize(kCategories);
  Grid grid;
  std::vector<std::int32_t> codes;
  for (const auto& [code, count] : ranked) {
    grid.points.push_back({codes.size(), text(code), double(count) / double(column.size())});
    codes.push_back(code);
  }
  grid.values = table::Column::Strings(std::move(codes), column.dictionary());
  return grid;
}

Grid GridOf(const table::Field& field, const table::Column& column) {
  if (field.type == table::SemanticType::kText || field.type == table::SemanticType::kId) return {};
  switch (column.storage()) {
    case table::Storage::kDouble:
      return NumberGrid(column);
    case table::Storage::kTimestamp:
      return TimeGrid(column, field.date_only);
    case table::Storage::kString:
      return CategoryGrid(column);
  }
  return {};
}

/// Mean score of every output at every grid point (points x outputs), or empty when interrupted.
std::vector<double> MeanScores(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& sample,
                               std::size_t column, const Grid& grid) {
  const std::size_t rows = sample.num_rows(), points = grid.points.size();
  const auto width = std::size_t(pipeline.num_outputs());
  table::Rows repeated, value_of;
  for (std::size_t p = 0; p < points; ++p) {
    for (std::size_t i = 0; i < rows; ++i) {
      repeated.push_back(table::RowIndex(i));
      value_of.push_back(table::RowIndex(p));
    }
  }
  const auto scores =
      ScoresOf(context, pipeline, WithValues(sample.Take(repeated), column, grid.values->Take(value_of)));
  std::vector<double> means;
  if (!scores) return means;
  means.assign(points * width, 0.0);
  for (std::size_t r = 0; r < repeated.size(); ++r)
    for (std::size_t k = 0; k < width; ++k) means[value_of[r] * width + k] += (*scores)[r * width + k] / double(rows);
  return means;
}

/// Which output is shown: the positive class, the class that moves most, the value.
std::size_t ShownOutput(const pipeline::Pipeline& pipeline, const std::vector<double>& means) {
  const auto width = std::size_t(pipeline.num_outputs());
  if (pipeline.task == Task::kRegression) return 0;
  if (pipeline.task == Task::kBinary) return std::size_t(pipeline.positive);
  std::size_t shown = 0;
  double widest = -1;
  for (std::size_t k = 0; k < width; ++k) {
    double low = means[k], high = means[k];
    for (std::size_t i = k; i < means.size(); i += width) {
      low = std::min(low, means[i]);
      high = std::max(high, means[i]);
    }
    if (high - low <= widest) continue;
    shown = k;
    widest = high - low;
  }
  return shown;
}

Json DependenceOf(const Context& context, const ExplainInput& input, const table::Table& all,
                  const table::Table& sample, std::size_t column) {
  const Grid grid = GridOf(all.field(column), all.column(column));
  if (grid.points.size() < 2) return nullptr;
  const std::vector<double> means = MeanScores(context, *input.pipeline, sample, column, grid);
  if (means.empty()) return nullptr;
  const auto width = std::size_t(input.pipeline->num_outputs());
  const std::size_t shown = ShownOutput(*input.pipeline, means);
  Json points = Json::array();
  for (std::size_t p = 0; p < grid.points.size(); ++p)
    points.push_back({{"x", grid.points[p].x},
                      {"label", grid.points[p].label},
                      {"value", means[p * width + shown]},
                      {"share", grid.points[p].share}});
  Json result = {{"column", all.field(column).name},
                 {"type", table::TypeName(all.field(column).type)},
                 {"points", std::move(points)},
                 {"rows", sample.num_rows()}};
  if (input.pipeline->task == Task::kMulticlass) result["class"] = input.pipeline->classes[shown];
  return result;
}

}  // namespace

Json PartialDependence(const Context& context, const ExplainInput& input, const std::vector<std::string>& columns) {
  const table::Table all = InputsOnly(*input.pipeline, *input.table);
  Json result = Json::array();
  if (all.num_rows() == 0) return result;
  const table::Table sample = all.Take(SampleRows(all.num_rows(), kRows, Mix64(input.seed, 0x706470)));
  std::vector<Json> of_column(columns.size());
  context.pool->For(columns.size(), [&](std::size_t c) {
    const auto at = all.Find(columns[c]);
    if (at && !context.ShouldStop()) of_column[c] = DependenceOf(context, input, all, sample, *at);
  });
  for (Json& json : of_column)
    if (!json.is_null()) result.push_back(std::move(json));
  return result;
}

}  // namespace tagwerk::explain
