#include "learners/import.h"

#include "learners/trees/lightgbm_text.h"

namespace tagwerk::learners {

Result<ImportedModel> ImportLightGbm(std::string_view text, const std::string& file) {
  TW_TRY(trees::LightGbmModel read, trees::ReadLightGbm(text, file));
  ImportedModel out{read.version, read.objective, read.classes, read.forest.trees(), 0, std::move(read.features),
                    nullptr};
  for (const trees::FlatNode& node : read.forest.nodes) out.leaves += (node.flags & trees::kLeafNode) != 0;
  out.model = trees::MakeForestModel(std::move(read.forest));
  return out;
}

}  // namespace tagwerk::learners
