// Which of two models is better: paired on the same rows, and on the folds of the same split.
#pragma once

#include <span>

#include "evaluate/evaluate.h"

namespace tagwerk::evaluate {

/// Positive difference = `a` is better. `probability_better`: that a is better by more than the margin.
struct Contest {
  double difference = 0, low = 0, high = 0, p_value = 1, probability_better = 0.5;
  std::size_t units = 0;  ///< rows, groups or folds
};

/// On the same rows: paired bootstrap (Efron & Tibshirani 1993); the probability is the share of resamples beyond
/// the margin, which approximates the Bayesian bootstrap's (Rubin 1981).
Contest ContestOnRows(const Context& context, const EvaluateInput& a, const EvaluateInput& b,
                      const metrics::Metric& metric, double margin);
/// On folds of the same split: t test with the variance corrected for training rows that folds share (Nadeau &
/// Bengio 2003), and the correlated Bayesian t test (Corani & Benavoli 2015; Benavoli et al. 2017).
/// `differences`: a better by so much on each fold; `test_over_train`: validation rows by training rows of a fold.
Contest ContestOnFolds(std::span<const double> differences, double test_over_train, double margin);
Json ContestJson(const Contest& contest);

}  // namespace tagwerk::evaluate
