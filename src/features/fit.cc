// FitFeatures: reads the inputs, fits every column on the training rows, applies to all rows.
#include "features/fit.h"
#include "features/fit_derived.h"
#include "features/fit_text.h"

#include "features/feature_set.h"
#include "features/split_date.h"

namespace tagwerk::features {
namespace {

/// Puts out-of-fold values into the training rows of the columns of one transform.
void ReplaceTrainValues(const Fitted& fitted, table::RowSpan rows, model::MatrixColumn* columns) {
  for (std::size_t k = 0; k < fitted.train_values.size(); ++k) {
    if (fitted.train_values[k].empty()) continue;
    std::vector<double> values = *columns[k].numeric;
    for (std::size_t i = 0; i < rows.size(); ++i) values[rows[i]] = fitted.train_values[k][i];
    columns[k].numeric = std::make_shared<const std::vector<double>>(std::move(values));
  }
}

}  // namespace

Result<FitOutput> FitFeatures(const Context& context, model::Recipe wanted, const FitInput& input) {
  const bool derived = wanted == model::Recipe::kTreeDerived;
  const model::Recipe recipe = derived ? model::Recipe::kTree : wanted;
  const std::size_t n = input.columns.size();
  FitState state{input, std::vector<InputSpec>(n), std::vector<InputColumn>(n)};
  std::vector<std::vector<Fitted>> per_column(n);
  const auto stopped = [] { return Error(Code::kCancelled, "interrupted", "interrupted while fitting features"); };
  context.pool->For(n, [&](std::size_t i) {
    if (context.ShouldStop()) return;
    state.specs[i] = FitInputSpec(input, input.columns[i]);
    state.columns[i] = ReadInput(state.specs[i], *input.table, nullptr);
  });
  if (context.ShouldStop()) return stopped();
  context.pool->For(n, [&](std::size_t i) {
    if (!context.ShouldStop()) per_column[i] = FitColumn(state, recipe, static_cast<std::uint32_t>(i));
  });
  if (context.ShouldStop()) return stopped();
  per_column.push_back(FitPairs(state, recipe));
  per_column.push_back(FitSplitDates(state, recipe));
  per_column.push_back(FitTexts(context, state, recipe));
  if (derived) per_column.push_back(FitDerived(context, state));
  if (context.ShouldStop()) return stopped();

  std::vector<TransformPtr> transforms;
  std::vector<Fitted> fitted;  // train values in the order of the transforms
  std::vector<std::vector<model::MatrixColumn>> made;
  for (std::vector<Fitted>& column : per_column) {
    for (Fitted& one : column) {
      transforms.push_back(std::move(one.transform));
      fitted.push_back({nullptr, std::move(one.train_values), {}});
      made.push_back(std::move(one.made));
    }
  }
  std::vector<std::size_t> widths;
  for (const TransformPtr& transform : transforms) widths.push_back(transform->Outputs(state.specs).size());
  auto set = std::make_shared<FeatureSet>(std::move(state.specs), std::move(transforms));
  TW_TRY(model::Matrix matrix, set->Transformed(context, state.columns, input.table->num_rows(), std::move(made)));
  std::vector<model::MatrixColumn> columns = matrix.columns();
  std::size_t at = 0;
  for (std::size_t t = 0; t < fitted.size(); ++t) {
    ReplaceTrainValues(fitted[t], input.train_rows, columns.data() + at);
    at += widths[t];
  }
  FitOutput out;
  out.features = std::move(set);
  out.matrix = std::make_shared<const model::Matrix>(matrix.rows(), std::move(columns));
  return out;
}

}  // namespace tagwerk::features
