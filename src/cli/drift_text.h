// The text of `tagwerk drift`: one line a drifted column, by effect, then the count.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/streams.h"

namespace tagwerk::cli {

std::string DriftText(const Json& drift, const Stream& stream);

}  // namespace tagwerk::cli
