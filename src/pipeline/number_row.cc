#include "pipeline/number_row.h"

#include <algorithm>
#include <array>
#include <limits>

#include "features/plain_numbers.h"

namespace tagwerk::pipeline {
namespace {

constexpr std::array<model::RowIndex, 1> kFirstRow{0};

bool IsPlain(const Member& member) { return !features::PlainNumbers(*member.features).empty(); }

}  // namespace

bool NumberRow::Fits(const Pipeline& p) {
  const auto is_number = [](const Input& input) { return input.field.type == table::SemanticType::kNumeric; };
  return !p.inputs.empty() && std::all_of(p.inputs.begin(), p.inputs.end(), is_number) &&
         std::all_of(p.members.begin(), p.members.end(), IsPlain) && (!p.spread || IsPlain(*p.spread)) &&
         (!p.spread_below || IsPlain(*p.spread_below));
}

std::unique_ptr<NumberRow> NumberRow::Make(const Pipeline& pipeline) {
  return Fits(pipeline) ? std::unique_ptr<NumberRow>(new NumberRow(pipeline)) : nullptr;
}

NumberRow::NumberRow(const Pipeline& pipeline) : pipeline_(pipeline) {
  for (std::size_t i = 0; i < pipeline_.inputs.size(); ++i) {
    cells_.push_back(std::make_shared<std::vector<double>>(1, std::numeric_limits<double>::quiet_NaN()));
    inputs_.push_back(cells_.back()->data());
  }
  const auto width = std::size_t(pipeline_.num_outputs());
  scratch_.resize(pipeline_.members.size() * width);
  for (std::size_t m = 0; m < pipeline_.members.size(); ++m) {
    matrices_.push_back(MatrixOf(pipeline_.members[m]));
    weights_.push_back(pipeline_.members[m].weight);
    parts_.emplace_back(scratch_.data() + m * width, width);
  }
  if (pipeline_.spread) spread_ = MatrixOf(*pipeline_.spread);
  if (pipeline_.spread_below) spread_below_ = MatrixOf(*pipeline_.spread_below);
}

model::Matrix NumberRow::MatrixOf(const Member& member) {
  std::vector<model::MatrixColumn> columns;
  for (const std::string& name : features::PlainNumbers(*member.features)) {
    const auto at = std::find_if(pipeline_.inputs.begin(), pipeline_.inputs.end(),
                                 [&](const Input& input) { return input.field.name == name; });
    model::MatrixColumn column;
    column.name = name;
    column.numeric = cells_[std::size_t(at - pipeline_.inputs.begin())];
    columns.push_back(std::move(column));
  }
  return model::Matrix(1, std::move(columns));
}

double NumberRow::SpreadOf(const Member& member, const model::Matrix& matrix, double sign) const {
  double told = 0;
  member.model->Predict(matrix, kFirstRow, {&told, 1});
  return pipeline_.SpreadFrom(told, sign);
}

void NumberRow::Predict(double level, Predictions& out) {
  const auto width = std::size_t(pipeline_.num_outputs());
  out.task = pipeline_.task;
  out.scores.resize(width);
  for (std::size_t m = 0; m < pipeline_.members.size(); ++m)
    pipeline_.members[m].model->Predict(matrices_[m], kFirstRow, {scratch_.data() + m * width, width});
  Pipeline::Combine(parts_, weights_, pipeline_.calibration, pipeline_.num_outputs(), out.scores);
  if (pipeline_.task != Task::kRegression) {
    out.labels = pipeline_.Decide(out.scores);
    return;
  }
  if (pipeline_.HasIntervals(level)) {
    out.spread.assign(1, pipeline_.spread ? SpreadOf(*pipeline_.spread, spread_, 1) : 1.0);
    out.spread_below.clear();
    if (pipeline_.spread_below) out.spread_below.assign(1, SpreadOf(*pipeline_.spread_below, spread_below_, -1));
  }
  pipeline_.Place(level, out);
}

}  // namespace tagwerk::pipeline
