// Scaling of the target keeps every later sum far from overflow, whatever its unit.
#include "learners/linear/regression.h"

#include <algorithm>
#include <cmath>

#include "learners/linear/penalty_path.h"

namespace tagwerk::learners::linear {

Result<RegressionProblem> RegressionProblem::Make(const Context& context, const model::TrainingData& data) {
  RegressionProblem problem;
  problem.data_ = &data;
  model::Rows rows;
  std::vector<double> weight;
  UsableRows(data, data.train_rows, rows, weight);
  if (rows.empty()) {
    return Error(Code::kInvalidData, "no-rows", "no training row has a target and a weight above 0");
  }
  double most = 0;
  for (const model::RowIndex r : rows) most = std::max(most, std::abs(data.y[r]));
  // Sums run on y * factor, which is at most 2 in size.
  const double factor = most > 1e-290 ? std::ldexp(1.0, -std::ilogb(most)) : 1.0;
  double total = 0, mean = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    total += weight[i];
    mean += weight[i] * (data.y[rows[i]] * factor);
  }
  mean /= total;
  double variance = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double d = data.y[rows[i]] * factor - mean;
    variance += weight[i] * d * d;
  }
  variance /= total;
  const double spread = variance > 1e-30 ? std::ldexp(1.0, std::ilogb(std::sqrt(variance))) : 1.0;
  problem.center_ = mean / factor;
  problem.scale_ = spread / factor;
  problem.target_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    problem.target_[i] = (data.y[rows[i]] * factor - mean) / spread;
  }
  problem.design_ = std::make_shared<Design>(context, *data.x, std::move(rows), std::move(weight));
  return problem;
}

void RegressionProblem::Keep(const Context& context) { design_->Keep(context, KeepBytes(context)); }

bool RegressionProblem::ValidGram(const Context& context, Gram& gram) const {
  model::Rows rows;
  std::vector<double> weight;
  UsableRows(*data_, data_->valid_rows, rows, weight);
  if (rows.empty()) return false;
  std::vector<double> target(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) target[i] = (data_->y[rows[i]] - center_) / scale_;
  const Design valid(*design_, std::move(rows), std::move(weight));
  return ComputeGram(context, valid, valid.weight(), target, 1, gram);
}

GlmParts RegressionProblem::Parts(const std::vector<double>& theta) const {
  GlmParts parts;
  parts.link = Link::kIdentity;
  parts.target_center = center_;
  parts.target_scale = scale_;
  design_->Export(theta, 1, parts);
  return parts;
}

double RegressionProblem::HeldOut(const std::vector<double>& theta) const {
  return HeldOutLoss(GlmModel(Parts(theta)), *data_, data_->valid_rows);
}

std::unique_ptr<model::Model> RegressionProblem::MakeModel(const Context& context,
                                                           const std::vector<double>& theta) const {
  return std::make_unique<GlmModel>(MeasuredParts(context, theta));
}

GlmParts RegressionProblem::MeasuredParts(const Context& context, const std::vector<double>& theta) const {
  GlmParts parts = Parts(theta);
  design_->MeasureSpread(context, parts);
  return parts;
}

double QuadraticLoss(const Gram& gram, const std::vector<double>& theta) {
  double sum = gram.target_square;
  for (std::size_t i = 0; i < gram.width; ++i) {
    if (theta[i] == 0) continue;
    double row = 0;
    for (std::size_t j = 0; j < gram.width; ++j) row += gram.at(i, j) * theta[j];
    sum += theta[i] * (row - 2 * gram.right[i]);
  }
  return std::max(sum, 0.0);
}

}  // namespace tagwerk::learners::linear
