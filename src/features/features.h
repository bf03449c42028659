// Feature recipes: how a table becomes a Matrix. Fitted on training rows only, saved with the model,
// applied the same way at prediction: row i alone gives the same bits as row i in a batch.
//   tree recipe    numbers as they are, native categories, date parts (of split dates too); target encoding
//                  above 254 levels
//   tree recipe, derived  the same, and features made of two columns (fit_derived.h)
//   linear recipe  clipped and scaled numbers, imputed with indicators, one-hot by codes, target encoding
//                  by cardinality, cyclic date parts
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/task.h"
#include "model/archive.h"
#include "model/learner.h"
#include "model/matrix.h"
#include "table/table.h"

namespace tagwerk::features {

/// Counted surprises while applying; columns by name.
struct ApplyReport {
  struct NewCategories {
    std::string column;
    std::int64_t rows = 0;
    std::vector<std::pair<std::string, std::int64_t>> examples;  ///< at most 5, most frequent first
  };
  /// A column that came in another storage than in training: strings are parsed, numbers and times are
  /// written as text; what does not convert counts as missing.
  struct ChangedType {
    std::string column;
    std::string expected, found;                                 ///< "numbers", "dates", "text"
    std::int64_t rows = 0;                                       ///< values present
    std::int64_t unparsed = 0;                                   ///< of these: did not convert
    std::vector<std::pair<std::string, std::int64_t>> examples;  ///< of the unparsed, at most 5
  };
  std::vector<NewCategories> new_categories;
  std::vector<std::string> missing_columns;
  std::vector<ChangedType> changed_types;

  /// Adds the counts of a further batch or feature set over the same rows' columns; `same_rows`: both
  /// looked at the same rows, so a column counts once.
  void Merge(const ApplyReport& other, bool same_rows);
};

class RowFeatures;

class FittedFeatures {
 public:
  virtual ~FittedFeatures() = default;
  /// Makes the matrix of a table. Columns are found by name; an absent one counts as missing.
  virtual Result<model::Matrix> Apply(const Context& context, const table::Table& table, ApplyReport* report) const = 0;
  /// Makes space in which single rows get their features (row_features.h); null where only tables do. This must outlive
  /// it.
  virtual std::unique_ptr<RowFeatures> MakeRow() const;
  virtual void Save(model::ByteWriter& writer) const = 0;
  virtual std::size_t num_outputs() const = 0;  ///< columns of the matrix
  virtual std::vector<std::string> output_names() const = 0;
  virtual std::vector<std::string> input_names() const = 0;
};

Result<std::unique_ptr<FittedFeatures>> LoadFeatures(model::ByteReader& reader);

/// A column as it is: a number, or with levels a category whose code is the level's place in the list.
struct PlainColumn {
  std::string name;
  std::vector<std::string> levels;
  bool category = false;
};
/// Features that are the columns themselves, in this order; for models of other libraries.
std::shared_ptr<const FittedFeatures> PlainFeatures(const std::vector<PlainColumn>& columns);

struct FitInput {
  const table::Table* table = nullptr;
  std::vector<std::size_t> columns;  ///< input columns
  table::RowSpan train_rows;
  std::span<const double> y;  ///< over all rows of the table
  Task task = Task::kRegression;
  int num_classes = 0;
  std::uint64_t seed = 0;
  /// The split is by time: rows to predict are later than all training rows. Seconds since 1970 are then
  /// left out of the tree recipe, because a tree cannot extrapolate them (they serve as a row number).
  /// A column with role kTime is treated so in any case.
  bool time_split = false;
};

struct FitOutput {
  std::shared_ptr<const FittedFeatures> features;
  /// All rows of the table; target encodings of training rows are out-of-fold, all others full.
  std::shared_ptr<const model::Matrix> matrix;
};

Result<FitOutput> FitFeatures(const Context& context, model::Recipe recipe, const FitInput& input);

}  // namespace tagwerk::features
