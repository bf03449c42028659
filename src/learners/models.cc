// The list of model types. Only what predicts is included here: no training code is linked for loading.
#include "base/text.h"
#include "learners/baseline/column_model.h"
#include "learners/baseline/constant_model.h"
#include "learners/baseline/tree_model.h"
#include "learners/catalog.h"
#include "learners/linear/glm_model.h"
#include "learners/trees/forest_model.h"

namespace tagwerk::learners {

const std::vector<model::ModelType>& AllModelTypes() {
  static const std::vector<model::ModelType> types = {
      {"trees/forest", &trees::LoadForest},           {"linear/glm", &linear::LoadGlm},
      {"baseline/constant", &baseline::LoadConstant}, {"baseline/column", &baseline::LoadColumn},
      {"baseline/tree", &baseline::LoadTree},
  };
  return types;
}

Result<std::unique_ptr<model::Model>> LoadModelOf(std::string_view type_id, model::ByteReader& reader,
                                                  std::size_t columns) {
  for (const model::ModelType& type : AllModelTypes()) {
    if (type.id == type_id) return type.load(reader, columns);
  }
  return Error(Code::kInvalidData, "model-damaged", "the type of a model is unknown: " + Quoted(type_id))
      .Do("copy the file again; the original's SHA-256 is in run.json");
}

}  // namespace tagwerk::learners
