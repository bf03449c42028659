// Estimators of Python as learners of the search and as models of a pipeline; they live in this process only.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "app/own.h"
#include "pipeline/pipeline.h"

namespace tagwerk::python {

/// Makes a learner of a Python function; see tagwerk/_own.py for its arguments. The GIL is taken per call.
app::OwnLearner OwnLearnerOf(const std::string& name, nanobind::object fit);

/// Returns the names of the members that are Python estimators.
std::vector<std::string> OwnMembers(const pipeline::Pipeline& pipeline);

/// Raises what an estimator raised while it predicted (a model cannot fail, so its predictions were NaN).
void RaiseFailures(const pipeline::Pipeline& pipeline);

}  // namespace tagwerk::python
