// The description of the served interface, OpenAPI 3.1, with the rows of each model.
#pragma once

#include "base/json.h"
#include "serve/shelf.h"

namespace tagwerk::serve {

Json OpenApi(const Snapshot& snapshot, bool needs_token);

}  // namespace tagwerk::serve
