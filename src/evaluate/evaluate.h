// Evaluation of predictions on rows that no choice saw: metrics with intervals, confusion, calibration,
// curves, slices, paired comparison. Pure functions of truth and scores; nothing is fitted here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "metrics/metrics.h"
#include "table/table.h"

namespace tagwerk::evaluate {

/// A metric with its interval: the JSON form is fixed by experience.md part 5.
struct MetricValue {
  std::string name;
  double value = 0, low = 0, high = 0, level = 0.95;
  std::int64_t rows = 0;
  Direction direction = Direction::kMinimize;
};
Json MetricJson(const MetricValue& metric);
MetricValue MetricFromJson(const Json& json);

struct EvaluateInput {
  metrics::Scored scored;             ///< truth and scores of the rows
  std::vector<std::string> classes;   ///< labels (classification)
  std::vector<std::uint64_t> groups;  ///< resampling units (days, group ids); empty: rows
  std::uint64_t seed = 0;
  int resamples = 1000;  ///< bootstrap (Efron & Tibshirani 1993), percentile / BCa
  /// The split fixed the number of rows of each class, so resamples keep it too. Off by default: a new
  /// sample would have other class shares, and intervals that ignore this are too narrow for metrics
  /// that depend on them (log loss: 61 % instead of 95 % coverage with one positive in ten).
  bool fixed_class_counts = false;
  std::vector<std::pair<double, double>> half_widths;  ///< regression: level and half-width of intervals
  std::span<const double> baseline_scores;             ///< binary: of the baseline, for value_baseline; may be empty
  double baseline_threshold = 0.5;
};

/// Computes a metric with a 95 % bootstrap interval: resamples of rows, or of whole groups. BCa below
/// 1,000 units, else percentiles; Wilson for plain shares (accuracy, precision, recall). With very many
/// rows and classes there are fewer than `resamples` resamples, at least 200, to bound the time.
MetricValue MetricWithInterval(const Context& context, const EvaluateInput& input, const metrics::Metric& metric);
/// Computes all metrics of the task; the resamples are shared. Regression metrics that do not apply to
/// the values (mape with a target of 0, rmsle with one below 0) are left out.
std::vector<MetricValue> AllWithIntervals(const Context& context, const EvaluateInput& input);

/// Paired comparison of two score vectors on the same rows and resamples: positive difference = `b` is
/// better.
struct Comparison {
  std::string metric;
  double difference = 0, low = 0, high = 0, p_value = 1;
  bool better = false;  ///< interval clear of 0
};
Comparison ComparePaired(const Context& context, const EvaluateInput& a, const EvaluateInput& b,
                         const metrics::Metric& metric);
Json ComparisonJson(const Comparison& comparison);

/// Everything else the report draws: members as in docs/reference/run-document.md, `test`.
Json ConfusionJson(const EvaluateInput& input);    ///< classification: labels, counts
Json CalibrationJson(const EvaluateInput& input);  ///< classification: bins; regression: coverage
Json CurvesJson(const EvaluateInput& input);       ///< binary: roc, precision_recall; at most 200 points
Json ResidualsJson(const EvaluateInput& input);    ///< regression: histogram, predicted against actual
/// Binary: decisions and value (per 1,000 rows) by threshold; `value` = costs of the four outcomes or
/// null. value_baseline needs `baseline_scores`, value_nothing is that of no positive decision at all.
Json ThresholdsJson(const EvaluateInput& input, const Json& value);
/// Slices: values of columns of the test rows where the metric is worse than on all other rows, worst
/// first, with intervals. `difference` is below 0 where the slice is worse; q-values are Benjamini &
/// Hochberg's over all slices looked at.
Json SlicesJson(const Context& context, const EvaluateInput& input, const table::Table& test_rows,
                const std::vector<std::size_t>& columns, const metrics::Metric& metric);
/// Chooses the threshold (binary) on out-of-fold scores: by value when costs are given; the best one for
/// `metric` if that is accuracy, balanced_accuracy, f1 or mcc; the best one for f1 when less than a quarter of
/// the rows are positive; else 0.5. Probabilities stay as they are: rare classes are met by the threshold, not by
/// weights that would spoil the calibration.
double ChooseThreshold(const EvaluateInput& out_of_fold, const Json& value, std::string_view metric = {});

}  // namespace tagwerk::evaluate
