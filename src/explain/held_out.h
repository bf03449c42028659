// The held-out rows as explanations need them: only the pipeline's inputs, sampled, predicted on a scale
// on which effects add up. Internal to this folder.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "explain/explain.h"

namespace tagwerk::explain {

/// Returns up to `most` of n row numbers, ascending; which ones depends on the seed only.
table::Rows SampleRows(std::size_t n, std::size_t most, std::uint64_t seed);
/// Returns the table with only the columns that the pipeline takes in.
table::Table InputsOnly(const pipeline::Pipeline& pipeline, const table::Table& table);
/// Returns positions (in `inputs`) of the columns to explain, in the order asked for.
std::vector<std::size_t> ColumnsToExplain(const ExplainInput& input, const table::Table& inputs);
/// Returns the table with one column's values replaced.
table::Table WithValues(const table::Table& table, std::size_t column, const table::ColumnPtr& values);
/// Returns scores (rows x outputs), or nothing when interrupted.
std::optional<std::vector<double>> ScoresOf(const Context& context, const pipeline::Pipeline& pipeline,
                                            const table::Table& table);
/// Returns the log-odds of a probability, kept finite.
double LogOdds(double probability);

}  // namespace tagwerk::explain
