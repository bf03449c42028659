#include "explain/held_out.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace tagwerk::explain {

table::Rows SampleRows(std::size_t n, std::size_t most, std::uint64_t seed) {
  table::Rows rows(n);
  std::iota(rows.begin(), rows.end(), table::RowIndex(0));
  if (n <= most) return rows;
  Random random(seed);
  for (std::size_t i = 0; i < most; ++i) std::swap(rows[i], rows[i + random.Below(n - i)]);
  rows.resize(most);
  std::sort(rows.begin(), rows.end());
  return rows;
}

table::Table InputsOnly(const pipeline::Pipeline& pipeline, const table::Table& table) {
  std::vector<std::size_t> columns;
  for (const pipeline::Input& input : pipeline.inputs)
    if (const auto at = table.Find(input.field.name)) columns.push_back(*at);
  return table.Select(columns);
}

std::vector<std::size_t> ColumnsToExplain(const ExplainInput& input, const table::Table& inputs) {
  std::vector<std::size_t> columns;
  if (input.columns.empty()) {
    columns.resize(inputs.num_columns());
    std::iota(columns.begin(), columns.end(), std::size_t(0));
    return columns;
  }
  for (const std::string& name : input.columns) {
    const auto at = inputs.Find(name);
    if (at && std::find(columns.begin(), columns.end(), *at) == columns.end()) columns.push_back(*at);
  }
  return columns;
}

table::Table WithValues(const table::Table& table, std::size_t column, const table::ColumnPtr& values) {
  std::vector<table::ColumnPtr> columns;
  for (std::size_t j = 0; j < table.num_columns(); ++j) columns.push_back(j == column ? values : table.column_ptr(j));
  return {table.fields(), std::move(columns), table.num_rows()};
}

std::optional<std::vector<double>> ScoresOf(const Context& context, const pipeline::Pipeline& pipeline,
                                            const table::Table& table) {
  auto predictions = pipeline.Predict(context, table, 0);  // no intervals
  if (!predictions) return std::nullopt;
  return std::move(predictions->scores);
}

double LogOdds(double probability) {
  constexpr double kClip = 1e-9;
  const double p = std::clamp(probability, kClip, 1 - kClip);
  return std::log(p / (1 - p));
}

}  // namespace tagwerk::explain
