// Gate expressions: `auc>=0.7,log_loss<=0.6,gain.low>0`.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tagwerk::app {

struct GatePart {
  std::string name;  ///< metric or "gain"
  std::string end;   ///< "", "low" or "high"
  std::string sign;  ///< >= <= > <
  double limit = 0;
  std::string text;
};

/// Parses an expression; names must be in `known` or "gain". Error: gate-expression (exit 2).
Result<std::vector<GatePart>> ParseGate(const std::string& expression, const std::vector<std::string>& known);
/// Checks the parts against metrics (tagwerk.run/1 form) and the comparison with the baseline (may be null).
/// Returns the `gate` member of the document: {expression, passed, parts[]}.
Json CheckGate(const std::string& expression, const std::vector<GatePart>& parts, const Json& metrics,
               const Json& comparison);

}  // namespace tagwerk::app
