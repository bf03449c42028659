// LightGBM's text format (model.txt, versions 3 and 4) as a forest of ours, node by node: the same rows reach the
// same leaves. Source: LightGBM, src/io/tree.cpp (Tree::ToString) and include/LightGBM/tree.h (decisions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learners/trees/forest_model.h"
#include "learners/trees/imported_feature.h"

namespace tagwerk::learners::trees {

struct LightGbmModel {
  std::string version, objective;  ///< "v4"; "binary", "regression", ...
  std::uint32_t classes = 0;       ///< 0: a number is predicted
  std::vector<ImportedFeature> features;
  Forest forest;
};

/// Reads a model file. Errors: import-format (not LightGBM's), import-damaged (with the line), import-unsupported
/// (linear trees, objectives whose output cannot be expressed, more than 255 categories that splits tell apart).
Result<LightGbmModel> ReadLightGbm(std::string_view text, const std::string& file);

}  // namespace tagwerk::learners::trees
