// What the families of losses share, and their makers; objective.cc lists them.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "learners/trees/objective.h"

namespace tagwerk::learners::trees {

/// Target and weights of the rows of a fit.
class RowObjective : public Objective {
 public:
  RowObjective(const model::TrainingData& data, const TrainingRows& rows) : data_(data), rows_(rows) {}

 protected:
  double y(model::RowIndex row) const { return data_.y[row]; }
  float w(model::RowIndex row) const { return rows_.weight.empty() ? 1.0f : rows_.weight[row]; }
  bool weighted() const { return !rows_.weight.empty(); }
  double SumWeights(model::RowSpan rows) const {
    if (!weighted()) return double(rows.size());
    double sum = 0;
    for (const model::RowIndex r : rows) sum += w(r);
    return sum;
  }
  /// The exponent that brings targets of unusual size near 1; 0 for those of usual size.
  int TargetExponent() const {
    double largest = 0;
    for (const model::RowIndex r : rows_.train) largest = std::max(largest, std::abs(y(r)));
    int exponent = 0;
    if (largest > 1e15 || (largest > 0 && largest < 1e-15)) std::frexp(largest, &exponent);
    return exponent;
  }

  const model::TrainingData& data_;
  const TrainingRows& rows_;
};

/// A number and how much it counts.
struct Weighed {
  double value;
  float weight;
};

/// The value where `share` of the weight is reached, the mean of both neighbours where it is met exactly. Reorders.
double WeightedQuantile(std::vector<Weighed>& items, double share);

/// Error target-domain for the first row of the fit whose target is below `low` (or at it, when `open`) or above
/// `high`.
Status CheckDomain(const model::TrainingData& data, const TrainingRows& rows, std::string_view loss, double low,
                   bool open, double high);

using MadeObjective = Result<std::unique_ptr<Objective>>;
MadeObjective MakeSquared(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
MadeObjective MakeAbsolute(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
MadeObjective MakeQuantile(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
MadeObjective MakeHuber(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
MadeObjective MakePoisson(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
MadeObjective MakeGamma(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
MadeObjective MakeTweedie(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
MadeObjective MakeCrossEntropy(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings);
std::unique_ptr<Objective> MakeLogistic(const model::TrainingData& data, const TrainingRows& rows);
std::unique_ptr<Objective> MakeSoftmax(const model::TrainingData& data, const TrainingRows& rows);

}  // namespace tagwerk::learners::trees
