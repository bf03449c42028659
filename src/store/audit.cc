#include "store/audit.h"

namespace tagwerk::store {

Result<std::vector<AuditLine>> ReadAudit(Store& store, std::int64_t before, std::int64_t limit) {
  TW_TRY(const auto rows, store.database().Query("SELECT number, at, actor, action, object, detail FROM audit_log "
                                                 "WHERE number < ? ORDER BY number DESC LIMIT ?",
                                                 {before, limit}));
  std::vector<AuditLine> lines;
  for (const Row& row : rows) {
    const auto detail = row.Null(5) ? Result<Json>(Json()) : ParseJson(row.Text(5), "audit_log");
    lines.push_back({row.Int(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), detail ? *detail : Json()});
  }
  return lines;
}

}  // namespace tagwerk::store
