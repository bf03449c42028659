// Explanations of a fitted pipeline: what it uses, how the prediction moves, why this row.
#pragma once

#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "metrics/metrics.h"
#include "pipeline/pipeline.h"
#include "table/table.h"

namespace tagwerk::explain {

struct ExplainInput {
  const pipeline::Pipeline* pipeline = nullptr;
  const table::Table* table = nullptr;               ///< held-out rows only
  std::span<const double> truth;                     ///< of those rows
  const metrics::Metric* metric = nullptr;
  std::uint64_t seed = 0;
  std::size_t max_rows = 5000;                       ///< sampled beyond
};

/// Permutation importance of every input column (Breiman 2001; Fisher et al. 2019): loss of the metric
/// when the column is shuffled, mean and interval over 5 repeats. Ends early at the deadline with what is done.
Json PermutationImportance(const Context& context, const ExplainInput& input);
/// Partial dependence (Friedman 2001, 8.2) of the given columns: grid, mean prediction, share of rows.
Json PartialDependence(const Context& context, const ExplainInput& input,
                       const std::vector<std::string>& columns);
/// Why single rows: contributions of columns in log-odds (or units) by sampled Shapley values
/// (Strumbelj & Kononenko 2014) against background rows; contributions add up to the prediction.
Json ExplainRows(const Context& context, const ExplainInput& input, const std::vector<std::size_t>& rows,
                 int top);

}  // namespace tagwerk::explain
