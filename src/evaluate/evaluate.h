// Evaluation of predictions on rows that no choice saw: metrics with intervals, confusion, calibration,
// curves, slices, paired comparison. Pure functions of truth and scores; nothing is fitted here.
#pragma once

#include <optional>
#include <string>
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
  metrics::Scored scored;                       ///< truth and scores of the rows
  std::vector<std::string> classes;             ///< labels (classification)
  std::vector<std::uint64_t> groups;            ///< resampling units (days, group ids); empty: rows
  std::uint64_t seed = 0;
  int resamples = 1000;                         ///< bootstrap (Efron & Tibshirani 1993), percentile / BCa
};

/// Computes a metric with a 95 % bootstrap interval (stratified by class, or by whole groups).
MetricValue MetricWithInterval(const Context& context, const EvaluateInput& input,
                               const metrics::Metric& metric);
/// Computes all metrics of the task; the resamples are shared.
std::vector<MetricValue> AllWithIntervals(const Context& context, const EvaluateInput& input);

/// Paired comparison of two score vectors on the same rows: positive difference = `b` is better.
struct Comparison {
  std::string metric;
  double difference = 0, low = 0, high = 0, p_value = 1;
  bool better = false;                          ///< interval clear of 0
};
Comparison ComparePaired(const Context& context, const EvaluateInput& a, const EvaluateInput& b,
                         const metrics::Metric& metric);
Json ComparisonJson(const Comparison& comparison);

/// Everything else the report draws: members as in docs/reference/run-document.md, `test`.
Json ConfusionJson(const EvaluateInput& input);       ///< classification: labels, counts
Json CalibrationJson(const EvaluateInput& input);     ///< classification: bins; regression: coverage
Json CurvesJson(const EvaluateInput& input);          ///< binary: roc, precision_recall; at most 200 points
Json ResidualsJson(const EvaluateInput& input);       ///< regression: histogram, predicted against actual
Json ThresholdsJson(const EvaluateInput& input, const Json& value);  ///< binary: decisions, value by threshold
/// Slices: worst values of columns of the test rows, by loss, with intervals; Benjamini-Hochberg at 5 %.
Json SlicesJson(const Context& context, const EvaluateInput& input, const table::Table& test_rows,
                const std::vector<std::size_t>& columns, const metrics::Metric& metric);
/// Chooses the threshold (binary) on out-of-fold scores: by value when costs are given, else 0.5.
double ChooseThreshold(const EvaluateInput& out_of_fold, const Json& value);

}  // namespace tagwerk::evaluate
