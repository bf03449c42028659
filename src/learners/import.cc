#include "learners/import.h"

#include "learners/trees/lightgbm_text.h"

namespace tagwerk::learners {

Result<ImportedModel> ImportLightGbm(std::string_view text, const std::string& file) {
  TW_TRY(trees::LightGbmModel read, trees::ReadLightGbm(text, file));
  ImportedModel out{read.version, read.objective, read.classes, read.forest.trees(), 0, {}, nullptr};
  for (const trees::FlatNode& node : read.forest.nodes) out.leaves += (node.flags & trees::kLeafNode) != 0;
  for (auto& feature : read.features)
    out.features.push_back(
        {std::move(feature.name), feature.category, std::move(feature.levels), feature.low, feature.high});
  out.model = trees::MakeForestModel(std::move(read.forest));
  return out;
}

}  // namespace tagwerk::learners
