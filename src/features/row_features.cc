#include "features/row_features.h"

#include <cmath>

#include "base/text.h"
#include "table/time_number.h"

namespace tagwerk::features {
namespace {

using table::Storage;

const table::Dictionary kNoText;

double NumberFrom(const InputSpec& spec, const Cell& cell) {
  if (cell.storage == Storage::kDouble) return cell.number;
  return cell.storage == Storage::kString && cell.text.data() != nullptr ? NumberOf(cell.text, spec) : kNaN;
}

std::int64_t TimeFrom(const InputSpec& spec, const Cell& cell) {
  if (cell.storage == Storage::kTimestamp) return cell.time;
  if (cell.storage == Storage::kString) {
    return cell.text.data() == nullptr ? table::kMissingTime : TimeOf(cell.text, spec);
  }
  if (std::isnan(cell.number) || spec.form.kind != table::ValueKind::kTime) return table::kMissingTime;
  return table::TimeOfNumber(cell.number, spec.form).value_or(table::kMissingTime);
}

}  // namespace

RowFeatures::RowFeatures(const std::vector<InputSpec>& specs, const std::vector<TransformPtr>& transforms,
                         const std::vector<OutputInfo>& outputs)
    : specs_(specs), held_(specs.size()), columns_(specs.size()) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    Held& held = held_[i];
    InputColumn& column = columns_[i];
    switch (specs_[i].wanted) {
      case Storage::kDouble:
        column.numbers = held.number = std::make_shared<std::vector<double>>(1, kNaN);
        break;
      case Storage::kTimestamp:
        column.times = held.time = std::make_shared<std::vector<std::int64_t>>(1, table::kMissingTime);
        break;
      case Storage::kString:
        column.codes = held.code = std::make_shared<std::vector<std::int32_t>>(1, -1);
        column.dictionary = held.text = std::make_shared<table::Dictionary>();
        break;
    }
    if (specs_[i].has_levels) column.levels.assign(1, kMissingLevel);
  }
  std::vector<model::MatrixColumn> columns(outputs.size());
  for (std::size_t j = 0; j < outputs.size(); ++j) {
    columns[j].name = outputs[j].name;
    columns[j].source = outputs[j].source;
    columns[j].from_model = outputs[j].from_model;
  }
  std::size_t at = 0;
  for (const TransformPtr& transform : transforms) {
    transform->Apply(specs_, columns_, 1, columns.data() + at);
    if (transform->kind() != Kind::kNumber) steps_.push_back({transform.get(), at});
    at += transform->Outputs(specs_).size();
  }
  matrix_ = model::Matrix(1, std::move(columns));
}

void RowFeatures::Set(std::size_t input, const Cell& cell) {
  const InputSpec& spec = specs_[input];
  Held& held = held_[input];
  if (held.number != nullptr) {
    held.number->front() = NumberFrom(spec, cell);
  } else if (held.time != nullptr) {
    held.time->front() = TimeFrom(spec, cell);
  } else if (cell.storage == Storage::kString) {
    SetText(input, cell.text);
  } else if (cell.storage == Storage::kDouble) {
    SetText(input, std::isnan(cell.number) ? std::string_view() : std::string_view(Shortest(cell.number)));
  } else {
    const std::string text = table::TimestampText(cell.time);
    SetText(input, text.empty() ? std::string_view() : std::string_view(text));
  }
}

void RowFeatures::SetText(std::size_t input, std::string_view text) {
  Held& held = held_[input];
  const bool present = text.data() != nullptr;
  *held.text = kNoText;  // keeps its space
  held.code->front() = present ? held.text->Append(text) : -1;
  if (specs_[input].has_levels) columns_[input].levels[0] = present ? LevelOf(specs_[input], text) : kMissingLevel;
}

const model::Matrix& RowFeatures::Make() {
  model::MatrixColumn* const columns = matrix_.mutable_columns();
  for (const Step& step : steps_) step.transform->Apply(specs_, columns_, 1, columns + step.output);
  return matrix_;
}

}  // namespace tagwerk::features
