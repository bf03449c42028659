#include "number_rows.h"

#include <algorithm>
#include <charconv>

#include "own_model.h"

namespace tagwerk::python {
namespace {

/// The number in x0, x1, ...
std::optional<std::size_t> PlaceOf(const std::string& name) {
  std::size_t place = 0;
  if (name.size() < 2 || name[0] != 'x') return std::nullopt;
  const auto [end, fault] = std::from_chars(name.data() + 1, name.data() + name.size(), place);
  if (fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return place;
}

void Append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

NumberRows::NumberRows(const pipeline::Pipeline& pipeline, std::unique_ptr<pipeline::SingleRow> row)
    : pipeline_(pipeline), row_(std::move(row)) {
  const auto placed = [](const pipeline::Input& input) { return PlaceOf(input.field.name).has_value(); };
  by_position_ = std::all_of(pipeline.inputs.begin(), pipeline.inputs.end(), placed);
  for (std::size_t i = 0; i < pipeline.inputs.size(); ++i)
    places_.push_back(by_position_ ? *PlaceOf(pipeline.inputs[i].field.name) : i);
  if (!places_.empty()) last_ = *std::max_element(places_.begin(), places_.end());
}

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
  if (!Fits(width)) return std::nullopt;
  pipeline::Predictions all, one;
  all.task = pipeline_.task;
  for (std::size_t i = 0; i < rows.shape(0); ++i) {
    for (std::size_t j = 0; j < places_.size(); ++j) row_->cells()[j].number = rows.data()[i * width + places_[j]];
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
