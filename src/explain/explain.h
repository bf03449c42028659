// Explanations of a fitted pipeline: what it uses, how the prediction moves, why this row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "metrics/metrics.h"
#include "pipeline/pipeline.h"
#include "table/table.h"

namespace tagwerk::explain {

struct ExplainInput {
  const pipeline::Pipeline* pipeline = nullptr;
  const table::Table* table = nullptr;  ///< held-out rows only
  std::span<const double> truth;        ///< of those rows
  const metrics::Metric* metric = nullptr;
  std::uint64_t seed = 0;
  std::size_t max_rows = 5000;          ///< sampled beyond
  std::span<const double> weight = {};  ///< of those rows; empty: all 1
  /// Columns to explain by, most important first; empty: all inputs of the pipeline. With many columns
  /// the caller passes those that have importance.
  std::vector<std::string> columns = {};
  /// Rows to explain against; null: a sample of `table`. At most `most_background` of them.
  const table::Table* background = nullptr;
  std::size_t most_background = 40;
};

/// Permutation importance of every input column (Breiman 2001; Fisher et al. 2019): loss of the metric
/// when the column is shuffled, mean and t interval over 5 repeats. Ends early at the deadline with what
/// is done (`complete` is false then). Returns `detail.importance`.
Json PermutationImportance(const Context& context, const ExplainInput& input);
/// Partial dependence (Friedman 2001, 8.2) of the given columns: grid, mean prediction, share of rows.
/// Binary: probability of the positive class; multiclass: of the class that moves most (member `class`).
/// Columns of text and keys are left out. Returns `detail.dependence`.
Json PartialDependence(const Context& context, const ExplainInput& input, const std::vector<std::string>& columns);
/// Whether ExplainRows is exact for the pipeline: numbers or two classes, whose score is a weighted sum of trees.
bool HasExactRows(const pipeline::Pipeline& pipeline);
/// Why single rows: contributions of columns in log-odds (or units), exact Shapley values of the trees in the shares of
/// their training rows (HasExactRows), else sampled Shapley values (Strumbelj & Kononenko 2014) against background
/// rows; base + contributions + rest = `score`, the
/// log-odds of the positive class (binary), of the predicted class (multiclass), or the prediction. The
/// first 30 of `input.columns` (exact: all) are explained one by one, all others in `rest`. Returns a list
/// as `detail.cases`; `kind` is set from truth and decision and may be replaced by the caller.
Json ExplainRows(const Context& context, const ExplainInput& input, const std::vector<std::size_t>& rows, int top);

}  // namespace tagwerk::explain
