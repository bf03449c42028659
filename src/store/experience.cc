#include "store/experience.h"

namespace tagwerk::store {

Status RememberData(Store& store, const std::string& run, const Json& meta_features) {
  return store.database().Write([&]() -> Status {
    TW_RETURN_IF_ERROR(
        store.database().Change("UPDATE runs SET meta_features = ? WHERE id = ?", {DumpJson(meta_features), run}));
    return Ok();
  });
}

Result<std::vector<EarlierRun>> EarlierRuns(Store& store, const std::string& task, std::int64_t limit) {
  TW_TRY(const auto rows, store.database().Query(
                              "SELECT id, meta_features FROM runs WHERE task = ? AND status IN ('done', 'gate_failed') "
                              "AND meta_features IS NOT NULL ORDER BY number DESC LIMIT ?",
                              {task, limit}));
  std::vector<EarlierRun> runs;
  for (const Row& row : rows)
    if (auto meta = ParseJson(row.Text(1), "meta_features")) runs.push_back({row.Text(0), std::move(*meta)});
  return runs;
}

Result<std::vector<EarlierTrial>> BestTrials(Store& store, const std::string& run, std::int64_t limit) {
  TW_TRY(const auto rows,
         store.database().Query(
             "SELECT learner, parameters, ensemble_weight, rank FROM trials WHERE run = ? AND status = 'ok' AND "
             "baseline = 0 AND rank IS NOT NULL ORDER BY ensemble_weight DESC, rank LIMIT ?",
             {run, limit}));
  std::vector<EarlierTrial> trials;
  for (const Row& row : rows)
    if (auto parameters = ParseJson(row.Text(1), "parameters"))
      trials.push_back({row.Text(0), std::move(*parameters), row.Real(2), row.Int(3)});
  return trials;
}

}  // namespace tagwerk::store
