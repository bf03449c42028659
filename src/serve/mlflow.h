// The forms of MLflow's scoring server, which people's clients speak.
#pragma once

#include "serve/json_body.h"
#include "serve/rows.h"

namespace tagwerk::serve {

/// Reads one of dataframe_split, dataframe_records, instances, inputs. Errors: request-malformed, too-many-rows.
Status ReadInvocation(json::Element root, const ServedModel& model, InputRows& rows);

}  // namespace tagwerk::serve
