// The description of the served interface, OpenAPI 3.1, with the rows of each model.
#pragma once

#include "base/json.h"
#include "serve/shelf.h"

namespace tagwerk::serve {

/// `store`: what the store holds is answered too.
Json OpenApi(const Snapshot& snapshot, bool needs_token, bool store);
/// Adds the paths of what the store holds.
void DescribeStore(Json& paths);

}  // namespace tagwerk::serve
