// The list of metrics. Adding one = its constructor in a family's file, its line here.
#include "metrics/metrics.h"

#include "base/text.h"
#include "metrics/families.h"

namespace tagwerk::metrics {
namespace {

using Prepare = std::unique_ptr<Resampled> (*)(const Scored&);

template <Prepare prepare>
double Compute(const Scored& scored) {
  return prepare(scored)->At({});
}

template <Prepare prepare>
Metric Make(std::string id, Direction direction, std::vector<Task> tasks, bool uses_threshold, std::string doc) {
  Metric metric{std::move(id), direction, std::move(tasks), std::move(doc)};
  metric.perfect = direction == Direction::kMaximize ? 1.0 : 0.0;
  metric.uses_threshold = uses_threshold;
  metric.inflated = prepare == ExpectedCalibrationError;
  metric.compute = Compute<prepare>;
  metric.prepare = prepare;
  return metric;
}

std::vector<Metric> List() {
  using enum Task;
  constexpr Direction kMax = Direction::kMaximize, kMin = Direction::kMinimize;
  const std::vector<Task> binary{kBinary}, multi{kMulticlass}, classes{kBinary, kMulticlass}, numbers{kRegression};
  return {
      Make<Auc>("auc", kMax, binary, false,
                "Share of pairs of a positive and a negative row in which the positive one has the higher "
                "score; ties count half."),
      Make<LogLoss>("log_loss", kMin, classes, false,
                    "Mean of -ln(probability given to the true class), probabilities kept within 1e-15 "
                    "of 0 and 1."),
      Make<AveragePrecision>("average_precision", kMax, binary, false,
                             "Precision averaged over the recall gained at each distinct score, without "
                             "interpolation."),
      Make<Brier>("brier", kMin, binary, false,
                  "Mean squared difference between the probability of the positive class and what "
                  "happened (0 or 1)."),
      Make<Accuracy>("accuracy", kMax, classes, true, "Share of rows whose decision is right."),
      Make<BalancedAccuracy>("balanced_accuracy", kMax, classes, true,
                             "Mean over the classes of the share of their rows that is recognised."),
      Make<F1>("f1", kMax, binary, true, "Harmonic mean of precision and recall of the positive class."),
      Make<F1Macro>("f1_macro", kMax, multi, true,
                    "Mean over the classes of the harmonic mean of precision and recall."),
      Make<Precision>("precision", kMax, binary, true, "Share of rows decided positive that are positive."),
      Make<Recall>("recall", kMax, binary, true, "Share of positive rows that are decided positive."),
      Make<AucOneVersusRest>("auc_ovr", kMax, multi, false,
                             "Mean over the classes of the auc of one class against all others."),
      Make<Mcc>("mcc", kMax, classes, true,
                "Matthews' correlation between truth and decision: 1 perfect, 0 as good as chance."),
      Make<Kappa>("kappa", kMax, multi, true, "Cohen's agreement between truth and decision beyond that of chance."),
      Make<ExpectedCalibrationError>("ece", kMin, classes, false,
                                     "Mean gap between predicted probability and observed share over 15 "
                                     "bins of equal mass."),
      Make<Rmse>("rmse", kMin, numbers, false, "Square root of the mean squared error."),
      Make<Mae>("mae", kMin, numbers, false, "Mean absolute error."),
      Make<R2>("r2", kMax, numbers, false, "Share of the variance of the target that the predictions explain."),
      Make<Mape>("mape", kMin, numbers, false,
                 "Mean of absolute error over absolute target; undefined where a target is 0."),
      Make<MedianAe>("median_ae", kMin, numbers, false, "Median absolute error."),
      Make<Rmsle>("rmsle", kMin, numbers, false,
                  "Root mean squared difference of ln(1 + value); predictions below 0 count as 0, "
                  "undefined where a target is below 0."),
  };
}

}  // namespace

const std::vector<Metric>& AllMetrics() {
  static const std::vector<Metric> list = List();
  return list;
}

std::vector<const Metric*> MetricsOf(Task task) {
  std::vector<const Metric*> of_task;
  const auto add = [&](const Metric& metric) {
    for (const Task t : metric.tasks)
      if (t == task) of_task.push_back(&metric);
  };
  for (const Metric& metric : AllMetrics()) add(metric);
  return of_task;
}

Result<const Metric*> FindMetric(std::string_view id, Task task) {
  std::vector<std::string> names;
  for (const Metric* metric : MetricsOf(task)) {
    if (metric->id == id) return metric;
    names.push_back(metric->id);
  }
  for (const Metric& metric : AllMetrics())
    if (metric.id == id)
      return Error(Code::kInvalidArgument, "unknown-metric",
                   "metric does not fit a " + std::string(TaskName(task)) + " task: " + Quoted(id))
          .Allowed(std::move(names));
  auto similar = SimilarNames(id, names);
  return Error(Code::kInvalidArgument, "unknown-metric", "there is no metric of that name: " + Quoted(id))
      .Allowed(std::move(names))
      .Similar(std::move(similar));
}

const Metric& DefaultMetric(Task task) {
  const std::string_view id = task == Task::kBinary ? "auc" : task == Task::kMulticlass ? "log_loss" : "rmse";
  for (const Metric* metric : MetricsOf(task))
    if (metric->id == id) return *metric;
  TW_CHECK(false);
  return AllMetrics().front();
}

double Improvement(const Metric& metric, double a, double b) {
  return metric.direction == Direction::kMaximize ? b - a : a - b;
}

}  // namespace tagwerk::metrics
