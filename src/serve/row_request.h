// Rows as JSON objects: what POST /v1/models/NAME/predict and MLflow's records send.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serve/json_body.h"
#include "serve/rows.h"

namespace tagwerk::serve {

inline constexpr int kMostReasons = 30;

/// What a request to the row API asks for beside predictions.
struct RowOptions {
  int reasons = 0;               ///< columns reason_1 to reason_N
  double level = 0.9;            ///< of intervals
  std::string id;                ///< column whose value names each prediction; empty: the model's own
  std::vector<std::string> ids;  ///< of each row, where `id` is a column of the rows; an empty text where it is missing
};

/// Reads an array of objects, or {"rows": [...], "reasons", "level", "id"}. Errors: request-malformed, option-value
/// (400), too-many-rows (413), type-changed (422).
Status ReadRows(json::Element root, const ServedModel& model, RowOptions& options, InputRows& rows);
/// Reads an array of objects; `ids` may be null.
Status ReadRecords(json::Array records, const ServedModel& model, const std::string& id, std::vector<std::string>* ids,
                   InputRows& rows);
/// Sets one cell as files of JSON lines are read: lists become their text, null and {} are no value.
void SetCell(json::Element value, std::size_t input, std::size_t row, InputRows& rows);

}  // namespace tagwerk::serve
