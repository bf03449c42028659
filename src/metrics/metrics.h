// Metrics: pure functions on spans, one list. Definitions agree with scikit-learn to 1e-9 (tests).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace tagwerk::metrics {

/// Truth and predictions of n rows. Classification: truth holds class indices, scores n x num_classes
/// probabilities row-major. Regression: truth and scores hold n values, num_classes = 0.
struct Scored {
  Task task = Task::kRegression;
  int num_classes = 0;
  int positive = 1;        ///< class that binary metrics are about
  double threshold = 0.5;  ///< of the positive class (binary); multiclass takes the largest
  std::span<const double> truth;
  std::span<const double> scores;
  std::span<const double> weight;  ///< empty: all 1
};

/// A metric made ready for many resamples of the same rows: what can be sorted or looked up beforehand
/// is. Refers to the spans it was prepared from.
class Resampled {
 public:
  virtual ~Resampled() = default;
  /// Returns the metric with row i counted counts[i] times (empty: every row once); NaN when undefined.
  /// Thread-safe and O(n).
  virtual double At(std::span<const std::uint8_t> counts) const = 0;
  /// Returns the rows that one call of At visits (several times n when there are several orders).
  virtual double Cost() const = 0;
};

struct Metric {
  std::string id;  ///< "auc", "log_loss", "rmse", ...
  Direction direction = Direction::kMinimize;
  std::vector<Task> tasks;
  std::string doc;                                    ///< one sentence with the definition
  double perfect = 0;                                 ///< best value there is
  bool uses_threshold = false;                        ///< depends on decisions, not only on probabilities
  bool inflated = false;                              ///< resampling inflates it (mean of absolute gaps): ece
  double (*compute)(const Scored& scored) = nullptr;  ///< NaN when undefined (one class only, ...)
  std::unique_ptr<Resampled> (*prepare)(const Scored& scored) = nullptr;  ///< never null
};

/// auc average_precision log_loss brier accuracy balanced_accuracy f1 precision recall mcc (binary),
/// log_loss accuracy balanced_accuracy f1_macro auc_ovr mcc kappa (multiclass), rmse mae r2 mape median_ae
/// rmsle (regression), ece (classification).
const std::vector<Metric>& AllMetrics();
std::vector<const Metric*> MetricsOf(Task task);
/// Finds a metric of a task; error unknown-metric (exit 2) with the list.
Result<const Metric*> FindMetric(std::string_view id, Task task);
/// Returns auc, log_loss or rmse.
const Metric& DefaultMetric(Task task);
/// Returns b - a turned so that positive = b is better.
double Improvement(const Metric& metric, double a, double b);

}  // namespace tagwerk::metrics
