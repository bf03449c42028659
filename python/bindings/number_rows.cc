#include "number_rows.h"

#include <algorithm>
#include <span>
#include <vector>

#include "own_model.h"

namespace tagwerk::python {
namespace {

void Append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

std::unique_ptr<NumberRows> NumberRows::Make(const pipeline::Pipeline& pipeline) {
  const auto is_number = [](const pipeline::Input& input) { return input.field.type == table::SemanticType::kNumeric; };
  if (pipeline.inputs.empty() || !std::all_of(pipeline.inputs.begin(), pipeline.inputs.end(), is_number))
    return nullptr;
  if (!OwnMembers(pipeline).empty()) return nullptr;
  auto row = pipeline::SingleRow::Make(pipeline);
  if (row == nullptr) return nullptr;
  return std::unique_ptr<NumberRows>(new NumberRows(pipeline, std::move(row)));
}

std::optional<pipeline::Predictions> NumberRows::Predict(const NumberMatrix& rows, double level) {
  const std::size_t width = rows.shape(1);
  const std::span<features::Cell> cells = row_->cells();
  if (width != cells.size()) return std::nullopt;
  pipeline::Predictions all, one;
  all.task = pipeline_.task;
  for (std::size_t i = 0; i < rows.shape(0); ++i) {
    for (std::size_t j = 0; j < width; ++j) cells[j].number = rows.data()[i * width + j];
    row_->Predict(level, one);
    Append(all.scores, one.scores);
    Append(all.values, one.values);
    Append(all.lower, one.lower);
    Append(all.upper, one.upper);
    all.labels.insert(all.labels.end(), one.labels.begin(), one.labels.end());
  }
  return all;
}

}  // namespace tagwerk::python
