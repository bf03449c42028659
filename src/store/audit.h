// The audit log, read back: who did what, newest first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace tagwerk::store {

struct AuditLine {
  std::int64_t number = 0;
  std::string at, actor, action, object;
  Json detail;
};
/// Returns at most `limit` lines before a number, newest first.
Result<std::vector<AuditLine>> ReadAudit(Store& store, std::int64_t before, std::int64_t limit);

}  // namespace tagwerk::store
