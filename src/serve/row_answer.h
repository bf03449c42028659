// Predictions as the answers of the row API and of MLflow's form.
#pragma once

#include <string>
#include <string_view>

#include "serve/row_request.h"
#include "serve/score.h"

namespace tagwerk::serve {

/// Appends value `output` of a row as JSON: a label, a probability, a number.
void AppendOutput(const ServedModel& model, const pipeline::Predictions& predictions, std::size_t output,
                  std::size_t row, std::string& out);
/// Writes tagwerk.predictions/1.
void WriteRows(const ServedModel& model, const Scored& scored, const RowOptions& options, std::string_view request_id,
               std::string& out);
/// Writes {"predictions": [...]}: of each row what the model says, without probabilities.
void WritePredictions(const ServedModel& model, const Scored& scored, std::string& out);

}  // namespace tagwerk::serve
