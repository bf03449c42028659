// What came true: labels that callers send after predictions, by the prediction's id or the row's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "serve/json_body.h"
#include "serve/served_model.h"
#include "serve/table_body.h"
#include "store/serving.h"

namespace tagwerk::serve {

inline constexpr std::size_t kMostLabels = 10'000;  ///< of one request

/// Labels as they were sent.
struct Feedback {
  std::string model;  ///< empty: the request does not say
  std::vector<store::FeedbackItem> items;
};

/// Reads {"model", "items": [{"prediction_id" | "id", "actual", "observed_at"?, "weight"?}]}, or the list alone.
/// Errors: request-malformed, request-key (400), feedback-item (422), too-many-rows (413).
Result<Feedback> ReadFeedback(json::Element root);
/// Reads CSV, or an Arrow stream of one batch, with these columns. Errors: those, and those of reading.
Result<Feedback> ReadFeedbackTable(const Context& context, std::string_view bytes, BodyForm form);

/// Brings labels to the type of training, so that 1, 1.0 and "1" are one value. Error feedback-item (422): the model
/// cannot have this label.
Status FitLabels(const ServedModel& model, std::vector<store::FeedbackItem>& items);

}  // namespace tagwerk::serve
