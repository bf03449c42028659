#include "learners/trees/validation_score.h"

#include <cmath>
#include <limits>

namespace tagwerk::learners::trees {

using model::RowIndex;

ValidationScore::ValidationScore(const model::TrainingData& data, const TrainingRows& rows, const Objective& objective,
                                 const metrics::Metric* metric)
    : rows_(rows), objective_(objective), metric_(metric) {
  if (metric == nullptr) return;
  shape_.transform = objective.transform();
  shape_.outputs = data.task == Task::kBinary ? 2 : std::uint32_t(objective.outputs());
  shape_.start.assign(std::size_t(objective.outputs()), 0.0);  // is in the scores already
  for (const RowIndex r : rows.valid) {
    truth_.push_back(data.y[r]);
    if (!rows.weight.empty()) weight_.push_back(rows.Weight(r));
  }
  scored_.task = data.task;
  scored_.num_classes = IsClassification(data.task) ? data.num_classes : 0;
  scored_.truth = truth_;
  scored_.weight = weight_;
}

double ValidationScore::At(const std::vector<Scores>& scores) const {
  if (rows_.valid.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (metric_ == nullptr) return objective_.Loss(scores, rows_.valid);
  std::vector<double> sums, predictions(rows_.valid.size() * shape_.outputs);
  sums.reserve(rows_.valid.size() * scores.size());
  for (const RowIndex r : rows_.valid)
    for (const Scores& of_output : scores) sums.push_back(of_output[r]);
  FinishScores(shape_, 1, sums.data(), rows_.valid.size(), predictions.data());
  metrics::Scored scored = scored_;
  scored.scores = predictions;
  return metric_->compute(scored);
}

bool ValidationScore::Better(double a, double b) const {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a);
  return metric_ != nullptr && metric_->direction == Direction::kMaximize ? a > b : a < b;
}

}  // namespace tagwerk::learners::trees
