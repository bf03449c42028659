// The catalogue of learners (for training) and of model types (for loading). Two lists of one line each.
#pragma once

#include <string_view>
#include <vector>

#include "model/learner.h"

namespace tagwerk::learners {

/// Returns all learners in the order of the help; defined in learners.cc.
const std::vector<model::LearnerDescriptor>& AllLearners();
/// Finds a learner; error unknown-learner (exit 2) with the list and similar names.
Result<const model::LearnerDescriptor*> FindLearner(std::string_view id);
/// Returns all model types; defined in models.cc, which includes no training code.
const std::vector<model::ModelType>& AllModelTypes();
/// Loads a model of the given type; error model-damaged for an unknown type.
Result<std::unique_ptr<model::Model>> LoadModelOf(std::string_view type_id, model::ByteReader& reader,
                                                  std::size_t columns);

}  // namespace tagwerk::learners
