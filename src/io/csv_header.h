// Decides whether the first record names the columns.
#pragma once

#include <string>
#include <vector>

#include "io/read.h"

namespace tagwerk::io {

/// `rows`: the first records (trimmed cells), the first of which may be the header; `names`: what it would give.
bool DecideHeader(const std::vector<std::vector<std::string>>& rows, const std::vector<std::string>& names,
                  std::size_t width, const ReadOptions& options, std::string& evidence);

}  // namespace tagwerk::io
