// Do two sets of rows come from the same distribution? A classifier is taught to tell them apart and judged
// on rows that it did not see (Lopez-Paz and Oquab 2017); and the error of rebuilding rows from the main
// directions of the reference is compared (PCA reconstruction, as NannyML does).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "table/table.h"

namespace tagwerk::diagnose {

struct TwoSampleInput {
  const table::Table* table = nullptr;  ///< holds both sets
  std::vector<std::size_t> columns;     ///< compared; see ComparableColumns
  table::Rows reference, current;
  std::size_t most_rows = 10000;  ///< of each set; more are sampled by hash
};

/// Leaves out what differs by its nature: times, keys, texts that hardly repeat, numbers that only count the rows.
std::vector<std::size_t> ComparableColumns(const table::Table& table, const std::vector<std::size_t>& columns);

struct ColumnShare {
  std::size_t column = 0;  ///< of the table
  double share = 0;        ///< of the AUC that shuffling single columns costs
};

struct ClassifierTest {
  double auc = 0.5, low = 0, high = 1;  ///< mean over folds, rows out of fold; 95 % by Hanley and McNeil 1982
  double p_value = 1;                   ///< one-sided, that the AUC is above 0.5 (Mann and Whitney)
  std::size_t reference_rows = 0, current_rows = 0;
  std::vector<ColumnShare> top;  ///< most telling columns, at most 5
};
/// Boosted trees over 5 folds. Errors: two-sample-rows (fewer than 25 rows a set), interrupted, those of the
/// learner.
Result<ClassifierTest> TestByClassifier(const Context& context, const TwoSampleInput& input);

struct ReconstructionTest {
  double reference = 0, current = 0;  ///< mean distance of a row from its reconstruction, in standard deviations
  double low = 0, high = 0;           ///< 95 % interval of current - reference
  double p_value = 1;
  std::size_t components = 0, columns = 0;
};
/// Principal components that hold 65 % of the variance of half of the reference; its other half is compared.
/// Empty when fewer than 2 columns vary or a set has fewer than 25 rows.
std::optional<ReconstructionTest> TestByReconstruction(const Context& context, const TwoSampleInput& input);

/// Puts the rows of two tables one below the other, columns matched by name and storage; `columns` of the first.
/// Only the given rows are taken.
table::Table Stack(const table::Table& first, table::RowSpan first_rows, const table::Table& second,
                   table::RowSpan second_rows, const std::vector<std::size_t>& columns);
/// At most `limit` of n rows, evenly by hash.
table::Rows SampleOf(table::RowSpan rows, std::size_t limit, std::uint64_t seed);

/// `multivariate` of tagwerk.drift/1: both tests on two tables; null when there is nothing to compare.
Json MultivariateJson(const Context& context, const table::Table& reference, const table::Table& current,
                      const std::vector<std::string>& columns, double alpha);

}  // namespace tagwerk::diagnose
