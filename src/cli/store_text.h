// Text of models, runs and store.
#pragma once

#include <string>

#include "app/registry.h"

namespace tagwerk::cli {

std::string StoreText(const std::string& verb, const app::StoreResponse& response, bool quiet);

}  // namespace tagwerk::cli
