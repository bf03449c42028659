// Exact Shapley values of a whole pipeline: what each input column contributes to the score.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "pipeline/pipeline.h"

namespace tagwerk::pipeline {

/// A row's score k is base[k] plus the sum of its values. Columns that the features made of an input count to it; those
/// made of several inputs stand behind the inputs under their own name.
struct ColumnContributions {
  model::Scale scale = model::Scale::kValue;
  std::size_t scores = 1;            ///< per row: 1 (two classes: of class 1), or one per class of three and more
  std::vector<std::string> columns;  ///< the pipeline's inputs, then columns made of several that trees use
  std::size_t inputs = 0;            ///< how many of the columns are inputs
  std::vector<double> base;          ///< scores
  std::vector<double> values;        ///< rows x scores x columns
};

/// Returns "value", "logarithm", "root", "log_odds", "logits" or "probability".
std::string NameOf(model::Scale scale);

/// Makes them for all rows of the table, chunk by chunk in the context's pool. Possible where the score is a weighted
/// sum of what trees say: numbers; one forest of classes with no calibration, a temperature or Platt's line; forests
/// whose probabilities are averaged. Errors: shap-unsupported with the reason, those of Model::Contribute, interrupted.
Result<ColumnContributions> Contribute(const Context& context, const Pipeline& pipeline, const table::Table& table);

}  // namespace tagwerk::pipeline
