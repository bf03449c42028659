// Drift of single columns between two tables: tests with a false-discovery rate over the columns, and
// effects that do not grow with the number of rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "profile/reference.h"

namespace tagwerk::profile {

/// Grades of an effect (experience.md 2.3).
inline constexpr double kSmallDrift = 0.05, kModerateDrift = 0.1, kLargeDrift = 0.25;
std::string_view DriftGrade(double effect);  ///< negligible, small, moderate, large

/// A cell of the comparison as it is drawn: a category, or a range that ends at `upper`.
struct DriftCell {
  std::string label;                  ///< category; "" for a range, for the rest and for missing values
  std::string kind;                   ///< value, range, above, rest, missing
  std::optional<double> upper;        ///< of a range
  double reference = 0, current = 0;  ///< shares of the rows
};

/// How one column differs. The test of the values is chi-square for categories and for numbers with few
/// distinct values, else Kolmogorov-Smirnov; missing values are a category, or a second test of which the
/// smaller p-value counts twice (Bonferroni).
struct ColumnDrift {
  std::string name;
  table::SemanticType type = table::SemanticType::kNumeric;
  Form form = Form::kNumbers;
  bool drifted = false;
  double effect = 0;  ///< Jensen-Shannon distance; for numbers the larger of it and `wasserstein`
  double psi = 0, jensen_shannon = 0;
  std::optional<double> wasserstein;  ///< over the reference's standard deviation
  std::optional<double> ks, chi_square;
  std::optional<double> p_value, q_value;  ///< empty: nothing to test
  double missing_reference_share = 0, missing_current_share = 0;
  double mean_reference = 0, mean_current = 0;  ///< numbers
  std::vector<std::string> new_categories;      ///< most frequent first, at most 20
  std::int64_t new_category_count = 0;
  double new_category_share = 0;  ///< of the current rows
  std::vector<DriftCell> cells;   ///< at most 21
};

struct TypeChange {
  std::string name;
  table::SemanticType reference, current;
  double unparsed_share = 0;  ///< of the present values: cannot be read as the reference's type
};

struct DriftOptions {
  std::vector<std::string> columns;  ///< empty: all
  double alpha = 0.01;               ///< false-discovery rate over the columns (Benjamini and Hochberg 1995)
  double min_effect = 0;
};

struct Drift {
  std::string reference, current;
  std::int64_t reference_rows = 0, current_rows = 0;
  bool from_model = false;           ///< the reference is a model's training profile
  std::vector<ColumnDrift> columns;  ///< in the reference's order
  std::vector<std::string> missing_columns, extra_columns;
  std::vector<TypeChange> type_changes;
  DriftOptions options;
};

/// Compares two samples of one column; `drifted` and `q_value` are left open.
ColumnDrift CompareColumn(const ColumnSample& reference, const ColumnSample& current);

/// Compares a table with a reference, columns in parallel. Columns that a table lacks and further ones are
/// listed. `weights` over the rows of the table, or empty. Errors: column-not-found (of options.columns),
/// drift-no-columns (nothing in common), interrupted.
Result<Drift> CompareTables(const Context& context, const DataSample& reference, const table::Table& current,
                            const DriftOptions& options, std::span<const double> weights = {});

/// tagwerk.drift/1; `multivariate` is null or made by diagnose.
Json DriftJson(const Drift& drift, const Json& multivariate);

}  // namespace tagwerk::profile
