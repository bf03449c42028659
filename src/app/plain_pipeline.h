// A model file around one model that takes the columns of a table as they are.
#pragma once

#include <string>
#include <vector>

#include "learners/import.h"
#include "pipeline/pipeline.h"

namespace tagwerk::app {

/// `classes` are empty for regression; `numeric_labels`: they are whole numbers. `columns` in the model's order; the
/// member lacks its features, which are made here.
pipeline::Pipeline PlainPipeline(std::vector<std::string> classes, bool numeric_labels,
                                 std::vector<learners::ImportedFeature> columns, pipeline::Member member);

}  // namespace tagwerk::app
