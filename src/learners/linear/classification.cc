// Classes that training rows lack get a small fixed probability: half an observation.
#include "learners/linear/classification.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::learners::linear {

Result<ClassificationProblem> ClassificationProblem::Make(const Context& context, const model::TrainingData& data) {
  ClassificationProblem problem;
  problem.num_classes_ = data.num_classes;
  model::Rows rows;
  std::vector<double> weight;
  UsableRows(data, data.train_rows, rows, weight);
  if (rows.empty()) {
    return Error(Code::kInvalidData, "no-rows", "no training row has a target and a weight above 0");
  }
  std::vector<std::int32_t> position(static_cast<std::size_t>(data.num_classes), -1);
  for (const model::RowIndex r : rows) position[static_cast<std::size_t>(data.y[r])] = 0;
  for (std::int32_t k = 0; k < data.num_classes; ++k) {
    auto& p = position[static_cast<std::size_t>(k)];
    if (p < 0) continue;
    p = static_cast<std::int32_t>(problem.classes_.size());
    problem.classes_.push_back(k);
  }
  problem.target_.reserve(rows.size());
  for (const model::RowIndex r : rows) {
    problem.target_.push_back(position[static_cast<std::size_t>(data.y[r])]);
  }
  problem.design_ = std::make_shared<Design>(context, *data.x, std::move(rows), std::move(weight));
  return problem;
}

ClassificationProblem ClassificationProblem::Thinned(std::size_t step) const {
  std::vector<char> keep(design_->rows());
  for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = i % step == 0;
  ClassificationProblem thin;
  if (!Subset(keep, thin)) return *this;
  thin.weight_factor_ = design_->total_weight() / thin.design_->total_weight();
  return thin;
}

bool ClassificationProblem::Subset(const std::vector<char>& keep, ClassificationProblem& subset) const {
  model::Rows rows;
  std::vector<double> weight;
  std::vector<char> seen(classes_.size(), 0);
  subset = *this;
  subset.target_.clear();
  for (std::size_t i = 0; i < keep.size(); ++i) {
    if (!keep[i]) continue;
    rows.push_back(design_->row_ids()[i]);
    weight.push_back(design_->weight()[i]);
    subset.target_.push_back(target_[i]);
    seen[static_cast<std::size_t>(target_[i])] = 1;
  }
  subset.design_ = std::make_shared<Design>(*design_, std::move(rows), std::move(weight));
  return std::all_of(seen.begin(), seen.end(), [](char s) { return s != 0; });
}

void ClassificationProblem::Keep(const Context& context) { design_->Keep(context, KeepBytes(context)); }

std::vector<double> ClassificationProblem::Start() const {
  std::vector<double> share(classes_.size(), 0.0);
  for (std::size_t i = 0; i < target_.size(); ++i) {
    share[static_cast<std::size_t>(target_[i])] += design_->weight()[i];
  }
  std::vector<double> theta(margins() * design_->width(), 0.0);
  if (classes_.size() == 2) {
    theta[design_->intercept()] = std::log(share[1] / share[0]);
  } else if (classes_.size() > 2) {
    double mean = 0;
    for (const double s : share) mean += std::log(s) / static_cast<double>(share.size());
    for (std::size_t m = 0; m < share.size(); ++m) {
      theta[m * design_->width() + design_->intercept()] = std::log(share[m]) - mean;
    }
  }
  return theta;
}

GlmParts ClassificationProblem::Parts(const std::vector<double>& theta) const {
  GlmParts parts;
  parts.link = loss() == Loss::kLogistic ? Link::kLogistic : Link::kSoftmax;
  parts.num_classes = num_classes_;
  parts.classes = classes_;
  const auto absent = static_cast<double>(num_classes_) - static_cast<double>(classes_.size());
  parts.absent_share = absent > 0 ? 0.5 / (design_->total_weight() + 0.5 * absent) : 0.0;
  design_->Export(theta, margins(), parts);
  return parts;
}

GlmParts ClassificationProblem::MeasuredParts(const Context& context, const std::vector<double>& theta) const {
  GlmParts parts = Parts(theta);
  design_->MeasureSpread(context, parts);
  return parts;
}

}  // namespace tagwerk::learners::linear
