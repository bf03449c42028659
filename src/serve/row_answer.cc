#include "serve/row_answer.h"

#include "serve/text.h"

namespace tagwerk::serve {

void AppendOutput(const ServedModel& model, const pipeline::Predictions& predictions, std::size_t output,
                  std::size_t row, std::string& out) {
  if (predictions.task == Task::kRegression) {
    const auto& values = output == 0 ? predictions.values : output == 1 ? predictions.lower : predictions.upper;
    AppendNumber(row < values.size() ? values[row] : __builtin_nan(""), out);
  } else if (output == 0) {
    out.append(model.labels()[std::size_t(predictions.labels[row])]);
  } else {
    AppendNumber(predictions.scores[row * model.labels().size() + output - 1], out);
  }
}

void WriteRows(const ServedModel& model, const Scored& scored, const RowOptions& options, std::string_view request_id,
               std::string& out) {
  out.append(model.head());
  AppendQuoted(request_id, out);
  out.append(",\"predictions\":[");
  for (std::size_t r = 0; r < scored.rows; ++r) {
    out.append(r == 0 ? "{\"prediction_id\":" : ",{\"prediction_id\":");
    if (r < options.ids.size() && !options.ids[r].empty()) {
      AppendQuoted(options.ids[r], out);
    } else {
      out.push_back('"');
      out.append(request_id).push_back(':');
      AppendInteger(std::int64_t(r), out);
      out.push_back('"');
    }
    for (std::size_t k = 0; k < model.outputs().size(); ++k) {
      out.append(model.outputs()[k].key);
      AppendOutput(model, scored.predictions, k, r, out);
    }
    for (int place = 0; place < scored.reasons_per_row; ++place) {
      const std::string& reason = scored.reasons[r * std::size_t(scored.reasons_per_row) + std::size_t(place)];
      out.append(",\"reason_");
      AppendInteger(place + 1, out);
      out.append("\":");
      if (reason.empty())
        out.append("null");
      else
        AppendQuoted(reason, out);
    }
    out.push_back('}');
  }
  out.append("],\"warnings\":[");
  for (std::size_t i = 0; i < scored.warnings.size(); ++i) {
    const RowWarning& warning = scored.warnings[i];
    out.append(i == 0 ? "{\"id\":\"" : ",{\"id\":\"").append(warning.id).append("\",\"column\":");
    AppendQuoted(warning.column, out);
    out.append(",\"rows\":");
    AppendInteger(warning.rows, out);
    out.push_back('}');
  }
  out.append("]}");
}

void WritePredictions(const ServedModel& model, const Scored& scored, std::string& out) {
  out.append("{\"predictions\":[");
  for (std::size_t r = 0; r < scored.rows; ++r) {
    if (r > 0) out.push_back(',');
    AppendOutput(model, scored.predictions, 0, r, out);
  }
  out.append("]}");
}

}  // namespace tagwerk::serve
