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

pipeline::SingleRow* Scorer::RowOf(const ServedModelPtr& model) {
  const auto [at, is_new] = single_rows_.try_emplace(model);
  if (is_new) at->second = pipeline::SingleRow::Make(model->pipeline());
  return at->second.get();
}

void Scorer::Forget() { single_rows_.clear(); }

Status Scorer::Score(const ServedModelPtr& model, InputRows& rows, const ScoreOptions& options, Scored& out) {
  pipeline::SingleRow* const row = rows.rows() == 1 && options.reasons == 0 ? RowOf(model) : nullptr;
  if (row != nullptr) {
    TW_RETURN_IF_ERROR(ScoreRow(*model, *row, rows, options, out));
  } else {
    TW_TRY(const table::Table table, rows.ToTable());
    TW_RETURN_IF_ERROR(ScoreTable(*model, table, options, out));
  }
  for (std::size_t i = 0; i < model->inputs().size(); ++i)
    if (rows.absent()[i] > 0) out.warnings.push_back({"column-missing", model->inputs()[i].name, rows.absent()[i]});
  return Ok();
}

Status Scorer::ScoreRow(const ServedModel& model, pipeline::SingleRow& row, InputRows& rows,
                        const ScoreOptions& options, Scored& out) {
  Prepare(1, out);
  TW_RETURN_IF_ERROR(rows.ToCells(row.cells()));
  row.Predict(options.level, out.predictions);
  WarnOfCategories(out.predictions.report, out);
  out.one_by_one = !rows.has_texts();
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const features::Cell& cell = row.cells()[i];
    if (cell.time != table::kMissingTime) out.one_by_one = false;
    const pipeline::Input& input = model.pipeline().inputs[i];
    if (cell.storage == table::Storage::kDouble && pipeline::OutOfRange(input, cell.number))
      out.warnings.push_back({"out-of-range", input.field.name, 1});
  }
  if (!options.keep_inputs || out.one_by_one) return Ok();
  TW_TRY(const table::Table table, rows.ToTable());
  for (std::size_t i = 0; i < table.num_columns(); ++i) out.inputs.push_back(table.column_ptr(i));
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
