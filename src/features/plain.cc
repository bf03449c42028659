// Columns as they are, without anything fitted.
#include <limits>

#include "features/category.h"
#include "features/feature_set.h"
#include "features/numeric.h"

namespace tagwerk::features {

std::shared_ptr<const FittedFeatures> PlainFeatures(const std::vector<PlainColumn>& columns) {
  std::vector<InputSpec> inputs;
  std::vector<TransformPtr> transforms;
  for (const PlainColumn& column : columns) {
    InputSpec spec;
    spec.name = column.name;
    const auto input = std::uint32_t(inputs.size());
    if (column.category) {
      spec.type = table::SemanticType::kCategorical;
      spec.trained = spec.wanted = table::Storage::kString;
      spec.has_levels = true;
      std::vector<std::string> levels = column.levels;
      if (levels.empty()) levels.emplace_back();  // a column of categories has at least one; no cell is ""
      spec.levels = Levels(levels, std::vector<std::int64_t>(levels.size(), 1), 0);
      transforms.push_back(std::make_unique<CategoryCodes>(input, std::int32_t(levels.size()), false));
    } else {
      transforms.push_back(std::make_unique<Number>(input));
    }
    inputs.push_back(std::move(spec));
  }
  return std::make_shared<const FeatureSet>(std::move(inputs), std::move(transforms));
}

}  // namespace tagwerk::features
