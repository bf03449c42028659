#include "store/serving.h"

#include "base/text.h"

namespace tagwerk::store {

namespace {

Status AppendLabel(Store& store, const std::string& model, const FeedbackItem& item, const std::string& now,
                   FeedbackOutcome& outcome) {
  Database& database = store.database();
  const std::string kind = item.is_row_id ? "id" : "prediction_id";
  const std::string actual = DumpJson(item.actual);
  TW_TRY(const auto known, database.QueryOne("SELECT max(CASE WHEN actual = ? THEN 1 ELSE 0 END), count(*) FROM "
                                             "feedback WHERE model = ? AND key_kind = ? AND key = ?",
                                             {actual, model, kind, item.key}));
  const bool same = known->Int(0) > 0, other = known->Int(1) > known->Int(0);
  if (same && !other) {
    ++outcome.repeated;
    return Ok();
  }
  TW_TRY(const std::int64_t number, store.Next("feedback"));
  TW_TRY(
      const std::int64_t added,
      database.Change("INSERT INTO feedback (model, key, key_kind, actual, observed_at, weight, received_at, number) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                      {model, item.key, kind, actual, item.observed_at.empty() ? now : item.observed_at, item.weight,
                       now, number}));
  outcome.accepted += added;
  outcome.repeated += 1 - added;
  outcome.conflicting += added > 0 && other;
  return Ok();
}

}  // namespace

Result<std::int64_t> RegistryChanges(Store& store) { return store.Last("registry"); }

Result<FeedbackOutcome> AppendFeedback(Store& store, const std::string& model, const std::vector<FeedbackItem>& items) {
  FeedbackOutcome outcome;
  const std::string now = UtcTime(UnixNow());
  const Status done = store.database().Write([&]() -> Status {
    for (const FeedbackItem& item : items) TW_RETURN_IF_ERROR(AppendLabel(store, model, item, now, outcome));
    return Ok();
  });
  if (!done) return done.error();
  return outcome;
}

Status AppendSegment(Store& store, const PredictionSegment& segment) {
  TW_RETURN_IF_ERROR(store.database().Change(
      "INSERT INTO prediction_segments (path, model, version, row_count, bytes, sha256, first_at, last_at, created_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET row_count = excluded.row_count, "
      "bytes = excluded.bytes, sha256 = excluded.sha256, first_at = excluded.first_at, last_at = excluded.last_at",
      {segment.path, segment.model, segment.version, segment.rows, std::int64_t(segment.bytes),
       NullIfEmpty(segment.sha256), UtcTime(segment.first), UtcTime(segment.last), UtcTime(UnixNow())}));
  return Ok();
}

}  // namespace tagwerk::store
