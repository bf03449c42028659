#include "serve/score.h"

#include <cmath>

#include "app/reasons.h"
#include "pipeline/range.h"

namespace tagwerk::serve {
namespace {

void Prepare(std::size_t rows, Scored& out) {
  out.rows = rows;
  out.warnings.clear();
  out.reasons.clear();
  out.reasons_per_row = 0;
  out.one_by_one = false;
  out.inputs.clear();
}

void WarnOfCategories(const features::ApplyReport& report, Scored& out) {
  for (const auto& entry : report.new_categories) out.warnings.push_back({"new-category", entry.column, entry.rows});
}

}  // namespace

pipeline::NumberRow& Scorer::RowOf(const ServedModelPtr& model) {
  auto& row = number_rows_[model];
  if (!row) row = pipeline::NumberRow::Make(model->pipeline());
  return *row;
}

void Scorer::Forget() { number_rows_.clear(); }

Status Scorer::Score(const ServedModelPtr& model, const InputRows& rows, const ScoreOptions& options, Scored& out) {
  const std::size_t width = model->inputs().size();
  if (rows.IsNumberRow() && model->one_by_one() && options.reasons == 0) {
    Prepare(1, out);
    out.one_by_one = true;
    pipeline::NumberRow& row = RowOf(model);
    for (std::size_t i = 0; i < width; ++i) {
      const double value = *row.inputs()[i] = rows.number(i, 0);
      const pipeline::Input& input = model->pipeline().inputs[i];
      if (pipeline::OutOfRange(input, value)) out.warnings.push_back({"out-of-range", input.field.name, 1});
    }
    row.Predict(options.level, out.predictions);
  } else {
    TW_TRY(const table::Table table, rows.ToTable());
    TW_RETURN_IF_ERROR(ScoreTable(*model, table, options, out));
  }
  for (std::size_t i = 0; i < width; ++i)
    if (rows.absent()[i] > 0) out.warnings.push_back({"column-missing", model->inputs()[i].name, rows.absent()[i]});
  return Ok();
}

Status Scorer::ScoreTable(const ServedModel& model, const table::Table& table, const ScoreOptions& options,
                          Scored& out) {
  Prepare(table.num_rows(), out);
  TW_TRY(out.predictions, model.pipeline().Predict(context_, table, options.level));
  WarnOfCategories(out.predictions.report, out);
  for (const pipeline::Input& input : model.pipeline().inputs) {
    const auto at = table.Find(input.field.name);
    if (options.keep_inputs) out.inputs.push_back(at ? table.column_ptr(*at) : nullptr);
    if (!at || table.column(*at).storage() != table::Storage::kDouble) continue;
    std::int64_t outside = 0;
    for (const double value : *table.column(*at).doubles()) outside += pipeline::OutOfRange(input, value);
    if (outside > 0) out.warnings.push_back({"out-of-range", input.field.name, outside});
  }
  if (options.reasons == 0) return Ok();
  TW_RETURN_IF_ERROR(app::CheckReasons(model.pipeline(), model.name()));
  TW_TRY(out.reasons, app::ReasonsOf(context_, model.pipeline(), table, options.reasons));
  out.reasons_per_row = options.reasons;
  return Ok();
}

}  // namespace tagwerk::serve
