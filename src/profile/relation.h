// How much one column alone says about the target: the column is cut into bins or levels, each bin's
// mean target is learnt on one half of a sample and judged on the other (two-fold, so levels that occur
// once say nothing). Also the target by bins for the report.
#pragma once

#include <span>
#include <vector>

#include "base/json.h"
#include "profile/profile.h"

namespace tagwerk::profile {

/// Rows of a table and their target, as classes or numbers.
struct TargetSample {
  table::Rows rows;
  std::vector<double> y;  ///< of rows[i]; class index or number, never NaN
  Task task = Task::kRegression;
  int classes = 0;
  int positive = 1;
  std::vector<std::uint8_t> half;   ///< 0 or 1, by hash of the row
  std::vector<std::int32_t> place;  ///< of each class by its rows, from 0; -1: too rare to be judged
};

/// Draws at most `limit` labelled rows, the same for every column.
TargetSample SampleTarget(const table::Rows& labelled, const std::vector<double>& target, const Goal& goal,
                          std::size_t limit);

/// Bins of a column over sample rows.
struct Binned {
  std::vector<std::uint32_t> bin;  ///< per sample row
  std::uint32_t bins = 0;
  std::vector<double> edges;        ///< numeric: upper ends; empty for levels
  std::int32_t missing = -1;        ///< bin of missing values
  std::vector<std::int32_t> codes;  ///< strings: dictionary code of each bin
};
Binned BinNumbers(std::span<const double> values, std::uint32_t max_bins);
/// Numbers and times by quantiles, strings by level.
Binned BinColumn(const table::Column& column, const table::Rows& rows, std::uint32_t max_bins);

/// Cross-fitted score of the bins: auc of the positive class (binary, 0.5 = nothing), mean one-versus-rest
/// auc (multiclass), R2 (regression, can be below 0).
double CrossFittedScore(const TargetSample& sample, const Binned& binned);
/// Name of that score: "auc", "macro auc", "r2".
const char* ScoreName(Task task);
/// Turns a score into 0 = nothing ... 1 = everything.
double Strength(Task task, double score);

/// Numbers of a column at rows: as they are, times in seconds; NaN for missing and for strings.
std::vector<double> NumbersAt(const table::Column& column, const table::Rows& rows);

/// `target_relation` of the run document; null for multiclass.
Json TargetRelation(const table::Table& table, std::size_t column, const TargetSample& sample);

}  // namespace tagwerk::profile
