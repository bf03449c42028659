// Why single rows: what moved each prediction most, as short texts.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "pipeline/pipeline.h"

namespace tagwerk::app {

/// Whether rows can be explained; error model-lacks-background.
Status CheckReasons(const pipeline::Pipeline& pipeline, const std::string& where);
/// Returns for every row `top` texts `column=value (+0.21)`, the largest contribution first, rows x top; empty texts
/// where there are fewer.
Result<std::vector<std::string>> ReasonsOf(const Context& context, const pipeline::Pipeline& pipeline,
                                           const table::Table& table, int top);

}  // namespace tagwerk::app
