// What `tagwerk explain` and `tagwerk compare` print.
#pragma once

#include <string>

#include "base/json.h"

namespace tagwerk::cli {

/// Renders a tagwerk.explanation/1 for people, at most 80 columns.
std::string ExplanationText(const Json& document);
/// Renders a tagwerk.comparison/1 for people.
std::string ComparisonText(const Json& document);

}  // namespace tagwerk::cli
