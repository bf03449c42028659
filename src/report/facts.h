// What several sections need to know of a run, read once: task, target, metrics with their intervals,
// the confusion counts, and the verdicts that are stated loudly. Verdicts only read stored intervals.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/inline.h"
#include "report/language.h"
#include "report/view.h"

namespace tagwerk::report {

struct MetricFact {
  std::string name;
  double value = 0;
  std::optional<double> low, high;
  double rows = 0;
  bool more_is_better = false;
  double HalfWidth() const { return low && high ? (*high - *low) / 2 : 0; }
};
std::optional<MetricFact> ReadMetric(const View& view);

/// Binary decisions on the test rows at the chosen threshold.
struct Decisions {
  double found = 0, missed = 0, needless = 0, quiet = 0;  ///< rows
  double Rows() const { return found + missed + needless + quiet; }
  std::optional<double> Recall() const;
  std::optional<double> Precision() const;
};

/// A stretch of test time whose expectation was off the most.
struct Drift {
  std::string from, to;
  double expected = 0, actual = 0;
  bool Wide() const { return (actual > expected ? actual - expected : expected - actual) > 0.25 * expected; }
  bool clear = false;  ///< beyond twice the standard error of the days
};

class Facts {
 public:
  Facts(const View& document, const Language& language);

  View run;
  const Language& t;
  std::string task, target, positive, negative, metric, unit;
  bool binary = false, multiclass = false, regression = false;
  bool time_split = false;
  double test_rows = 0, train_rows = 0;

  std::optional<MetricFact> Test(std::string_view name) const;
  std::optional<MetricFact> Baseline(std::string_view name) const;
  std::optional<Decisions> Counts() const;
  std::vector<std::string> UsedSuspects() const;
  std::vector<View> WeakSlices() const;          ///< clearly below the rest, worst first
  std::optional<double> CalibrationGap() const;  ///< only if off: observed minus stated, mean
  double CalibrationError() const;
  std::optional<double> CoverageOff() const;  ///< regression: observed coverage at 90 %, if off
  std::optional<Drift> WorstPeriod() const;
  std::optional<View> BestSingle() const;  ///< first row of the leaderboard that is no baseline
  bool Better() const;                     ///< than the baseline, interval clear of 0
  bool BetterKnown() const;
  std::string Verdict() const;  ///< of the learning curve: "more_rows_help" ...
  bool TooGood() const;         ///< leans on suspects by a wide margin

  // Words
  std::string MetricName(std::string_view name) const;  ///< "AUC", "log loss"
  Inline BaselineName() const;                          ///< of the run's baseline
  Inline ModelTitle(const View& row) const;             ///< of a leaderboard row or member
  Inline ChosenTitle() const;
  std::string Score(const MetricFact& metric) const;          ///< 0.683
  std::string ScoreInterval(const MetricFact& metric) const;  ///< 0.683 (0.653 to 0.712)
  std::string ScoreSpan(const MetricFact& metric) const;      ///< 0.653 to 0.712; "" without interval
  std::string Money(double value) const;                      ///< 1,818 EUR
  std::string Target(double value) const;                     ///< a value of the target (share or number)
};

}  // namespace tagwerk::report
