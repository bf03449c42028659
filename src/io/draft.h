// A column of strings before its type is known.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "table/table.h"

namespace tagwerk::io {

/// Codes (-1 = missing) into distinct texts.
struct StringDraft {
  std::vector<std::int32_t> codes;
  std::shared_ptr<const table::Dictionary> dictionary;
};

/// How often each text of a draft occurs.
struct Weights {
  std::vector<std::int64_t> count;  ///< per code
  std::int64_t present = 0;
};

Weights Weigh(const StringDraft& draft);

/// Returns whether at most 1 % of the values failed to convert.
inline bool FewFailed(std::int64_t failed, std::int64_t present) { return failed * 100 <= present; }

}  // namespace tagwerk::io
