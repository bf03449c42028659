// Fit halves of the transforms: each looks at training rows only.
#pragma once

#include <functional>
#include <vector>

#include "features/features.h"
#include "features/transform.h"

namespace tagwerk::features {

/// A fitted transform. `train_values` (per output, over the training rows) replaces what Apply gives for
/// the training rows of the fit, where the two differ (out-of-fold encodings); empty otherwise, also for a
/// single output. `made`: what Apply gives for all rows, where the fit had to make it anyway.
struct Fitted {
  TransformPtr transform;
  std::vector<std::vector<double>> train_values;
  std::vector<model::MatrixColumn> made = {};
};

/// What all fits share: inputs read once over all rows of the table.
struct FitState {
  const FitInput& input;
  std::vector<InputSpec> specs;
  std::vector<InputColumn> columns;
};

/// Counts the strings of the training rows.
Levels FitLevels(const InputColumn& column, table::RowSpan train_rows);

/// Imputation, scaling, indicators around another transform (see Scaler). Null if nothing is left.
Fitted FitScaled(const FitState& state, Fitted inner);
/// Boolean strings.
Fitted FitFlag(const FitState& state, std::uint32_t input);
/// Smoothed means of the target by level, and for each training row those of the other folds. Level
/// `num_levels` is that of missing cells.
struct LevelEncoding {
  std::vector<std::int32_t> classes;              ///< of each output; empty for one output
  std::vector<double> values, missing;            ///< levels x outputs; outputs
  std::vector<std::vector<double>> train_values;  ///< per output, over the training rows
};
LevelEncoding EncodeLevels(const FitInput& fit, std::size_t num_levels,
                           const std::function<std::size_t(table::RowIndex)>& level_of);
/// Out-of-fold target encoding.
Fitted FitTargetEncoding(const FitState& state, std::uint32_t input);

/// Parts of a date that vary over the training rows.
std::uint32_t VaryingParts(const FitState& state, std::uint32_t input);

/// Whether at least 80 % of the training values hold a number, more than 10 different ones in all.
bool HoldsNumbers(const FitState& state, std::uint32_t input);

/// Makes all transforms of one input column by the recipe (recipe.cc).
std::vector<Fitted> FitColumn(const FitState& state, model::Recipe recipe, std::uint32_t input);
/// Makes the transforms that look at several columns.
std::vector<Fitted> FitPairs(const FitState& state, model::Recipe recipe);
/// Decides storage and levels of an input from its field and training rows.
InputSpec FitInputSpec(const FitInput& input, std::size_t column);

}  // namespace tagwerk::features
