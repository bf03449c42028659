#include "pipeline/single_row.h"

#include <algorithm>
#include <array>

namespace tagwerk::pipeline {
namespace {

constexpr std::array<model::RowIndex, 1> kFirstRow{0};
constexpr std::size_t kNoCell = ~std::size_t(0);

}  // namespace

std::unique_ptr<SingleRow> SingleRow::Make(const Pipeline& pipeline) {
  std::unique_ptr<SingleRow> row(new SingleRow(pipeline));
  return row->Prepare() ? std::move(row) : nullptr;
}

bool SingleRow::Prepare() {
  cells_.resize(pipeline_.inputs.size());
  const auto width = std::size_t(pipeline_.num_outputs());
  scratch_.resize(pipeline_.members.size() * width);
  of_member_.resize(pipeline_.members.size());
  for (std::size_t m = 0; m < pipeline_.members.size(); ++m) {
    if (!Find(pipeline_.members[m], of_member_[m])) return false;
    weights_.push_back(pipeline_.members[m].weight);
    parts_.emplace_back(scratch_.data() + m * width, width);
  }
  member_recipes_ = recipes_.size();
  return (!pipeline_.spread || Find(*pipeline_.spread, spread_)) &&
         (!pipeline_.spread_below || Find(*pipeline_.spread_below, spread_below_));
}

bool SingleRow::Find(const Member& member, std::size_t& recipe) {
  const auto same = [&](const Recipe& known) { return known.fitted == member.features.get(); };
  recipe = std::size_t(std::find_if(recipes_.begin(), recipes_.end(), same) - recipes_.begin());
  if (recipe < recipes_.size()) return true;
  Recipe made;
  made.fitted = member.features.get();
  made.row = made.fitted->MakeRow();
  if (made.row == nullptr) return false;
  for (const features::InputSpec& spec : made.row->specs()) {
    const auto named = [&](const Input& input) { return input.field.name == spec.name; };
    const auto at = std::find_if(pipeline_.inputs.begin(), pipeline_.inputs.end(), named);
    made.cells.push_back(at == pipeline_.inputs.end() ? kNoCell : std::size_t(at - pipeline_.inputs.begin()));
  }
  recipes_.push_back(std::move(made));
  return true;
}

void SingleRow::Fill(Recipe& recipe) {
  for (std::size_t i = 0; i < recipe.cells.size(); ++i)
    if (recipe.cells[i] != kNoCell) recipe.row->Set(i, cells_[recipe.cells[i]]);
  recipe.matrix = &recipe.row->Make();
}

void SingleRow::Report(const Recipe& recipe, features::ApplyReport& report) const {
  for (std::size_t i = 0; i < recipe.cells.size(); ++i) {
    if (!recipe.row->IsUnseen(i)) continue;
    features::ApplyReport one;
    one.new_categories.push_back({recipe.row->specs()[i].name, 1, {}});
    report.Merge(one, /*same_rows=*/true);
  }
}

double SingleRow::SpreadOf(const Member& member, std::size_t recipe, double sign) {
  double told = 0;
  member.model->Predict(*recipes_[recipe].matrix, kFirstRow, {&told, 1});
  return pipeline_.SpreadFrom(told, sign);
}

void SingleRow::Predict(double level, Predictions& out) {
  const auto width = std::size_t(pipeline_.num_outputs());
  out.task = pipeline_.task;
  out.scores.resize(width);
  out.report.new_categories.clear();
  const bool intervals = pipeline_.task == Task::kRegression && pipeline_.HasIntervals(level);
  for (std::size_t r = 0; r < (intervals ? recipes_.size() : member_recipes_); ++r) {
    Fill(recipes_[r]);
    if (r < member_recipes_) Report(recipes_[r], out.report);
  }
  for (std::size_t m = 0; m < pipeline_.members.size(); ++m) {
    const model::Matrix& matrix = *recipes_[of_member_[m]].matrix;
    pipeline_.members[m].model->Predict(matrix, kFirstRow, {scratch_.data() + m * width, width});
  }
  Pipeline::Combine(parts_, weights_, pipeline_.calibration, pipeline_.num_outputs(), out.scores);
  if (pipeline_.task != Task::kRegression) {
    out.labels = pipeline_.Decide(out.scores);
    for (std::vector<double>* unused : {&out.values, &out.lower, &out.upper, &out.spread, &out.spread_below})
      unused->clear();
    return;
  }
  out.labels.clear();
  if (intervals) {
    out.spread.assign(1, pipeline_.spread ? SpreadOf(*pipeline_.spread, spread_, 1) : 1.0);
    out.spread_below.clear();
    if (pipeline_.spread_below) out.spread_below.assign(1, SpreadOf(*pipeline_.spread_below, spread_below_, -1));
  }
  pipeline_.Place(level, out);
}

}  // namespace tagwerk::pipeline
