// Decisions that follow from the goal: the bar of a binary decision, the quantile that a number is predicted
// at, and what these decisions are worth on rows that no choice saw.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "evaluate/evaluate.h"

namespace tagwerk::evaluate {

/// What the user said about decisions.
struct DecisionWish {
  Json value;                   ///< binary: worth of the four outcomes, or null
  double most_positive = 1;     ///< binary: share of rows that can be acted on
  std::optional<double> given;  ///< binary: a bar named by the user
  std::string metric;           ///< the main metric, when the user named one
};

/// Probability from which the positive class is said, and the rule that led to it.
struct Bar {
  double threshold = 0.5;
  /// `given`, `value`, `capacity`, `metric` (the main metric judges decisions), `f1` (of the positive class),
  /// `f1_negative` (of the other, rarer one), `half` (classes are not uneven), `half_better` (uneven, but another bar
  /// is not better)
  std::string rule = "half";
  /// Least bar that is sensible whatever the capacity: that of the costs, 0 when the capacity alone decides.
  double floor = 0;
  double f1_half = 0, f1 = 0;  ///< rules f1*, half_better: cross-fitted F1 of the rarer class at 0.5 and at the bar
};

/// Chooses the bar on out-of-fold scores. Costs: largest mean value; capacity: at most that share of rows; a metric
/// of decisions (accuracy, balanced_accuracy, f1, mcc): its best; without these, when the rarer class has less than a
/// third of the rows: its F1 (Lipton, Elkan & Naryanaswamy 2014), if that is better than 0.5 when the bar is chosen on
/// four fifths of the rows and judged on the fifth. Every curve is smoothed over neighbouring cuts, so that a spike of
/// chance is not taken for the best.
Bar ChooseBar(const EvaluateInput& out_of_fold, const DecisionWish& wish);

/// Returns the bar that at most `most` of the scores reach, as many as ties allow.
double BarOfRank(std::vector<double> scores, std::size_t most);

/// Difference in worth per row between two ways to decide, with a t interval over rows (or groups).
struct Gain {
  double difference = 0, low = 0, high = 0;
};
Gain MeanGain(std::span<const double> per_row, std::span<const std::uint64_t> groups);

/// Binary: worth of the decisions per 1,000 rows for the model at its bar, the baseline at its own, marking
/// nothing and marking all; `gain` = model over the best of the others. Null without costs.
Json ValueJson(const EvaluateInput& test, const Json& value);
/// Binary: what a given share of the rows with the highest scores holds: precision, share of the positives found,
/// the same for the baseline; `share` = 1 gives null.
Json CapacityJson(const EvaluateInput& test, double share);

/// Regression: cost of errors, per unit: `under` when the truth is above the prediction, `over` when below.
struct Regret {
  double under = 1, over = 1;
  double quantile() const { return under / (under + over); }  ///< its prediction has the least expected regret
  double Of(double truth, double prediction) const {
    return truth > prediction ? under * (truth - prediction) : over * (prediction - truth);
  }
};
/// Regression: mean regret per 1,000 rows of three predictions of the same rows, and the `gain` (regret saved)
/// over the better of the two others.
Json RegretJson(const Regret& regret, std::span<const double> truth, std::span<const double> decided,
                std::span<const double> undecided, std::span<const double> baseline,
                std::span<const std::uint64_t> groups);
/// Returns the smallest value with at least a share `quantile` of the values at or below it.
double QuantileOf(std::span<const double> values, double quantile);

}  // namespace tagwerk::evaluate
