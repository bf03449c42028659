#include "store/idempotency.h"

#include "base/text.h"

namespace tagwerk::store {

Result<std::optional<KeptAnswer>> FindAnswer(Store& store, const std::string& caller, const std::string& key_sha256,
                                             double now) {
  TW_TRY(const auto row, store.database().QueryOne("SELECT request_sha256, answer FROM idempotency_keys WHERE "
                                                   "caller = ? AND key_sha256 = ? AND created_at > ?",
                                                   {caller, key_sha256, UtcTime(now - kAnswerSeconds)}));
  return row ? std::optional(KeptAnswer{row->Text(0), row->Text(1)}) : std::optional<KeptAnswer>();
}

Status KeepAnswer(Store& store, const std::string& caller, const std::string& key_sha256, const KeptAnswer& answer,
                  double now) {
  return store.database().Write([&]() -> Status {
    TW_RETURN_IF_ERROR(
        store.database().Change("DELETE FROM idempotency_keys WHERE created_at <= ?", {UtcTime(now - kAnswerSeconds)}));
    TW_RETURN_IF_ERROR(store.database().Change(
        "INSERT INTO idempotency_keys (caller, key_sha256, request_sha256, answer, created_at) VALUES (?, ?, ?, ?, ?)",
        {caller, key_sha256, answer.request_sha256, answer.answer, UtcTime(now)}));
    return Ok();
  });
}

}  // namespace tagwerk::store
