// Which settings of boosting go together.
#pragma once

#include "learners/trees/boosting.h"

namespace tagwerk::learners::trees {

/// Settles whether a round has one tree for all outputs. Errors: option-contradiction, warm-start-shape.
Status SettleOutputs(const Objective& objective, BoostingSettings& settings);

/// Error constraint-unsupported where predictions cannot be made to rise or fall with a column as asked.
Status CheckDirections(const model::TrainingData& data, const Objective& objective,
                       const std::vector<std::int8_t>& directions);

}  // namespace tagwerk::learners::trees
