// Models of other libraries as models of ours.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learners/trees/imported_feature.h"
#include "model/model.h"

namespace tagwerk::learners {

struct ImportedModel {
  std::string version, objective;  ///< "v4"; "binary", "regression", ...
  std::uint32_t classes = 0;       ///< 0: a number is predicted
  std::size_t trees = 0, leaves = 0;
  std::vector<ImportedFeature> features;  ///< columns of the matrix that the model takes, in order
  std::unique_ptr<model::Model> model;
};

/// Reads a text model of LightGBM. Errors: import-format, import-damaged, import-unsupported.
Result<ImportedModel> ImportLightGbm(std::string_view text, const std::string& file);

}  // namespace tagwerk::learners
