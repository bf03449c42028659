// The search's view of its input: which folds are used, which rows out-of-fold scores cover, and how a
// score and its interval are computed over them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/metrics.h"
#include "model/learner.h"
#include "search/search.h"

namespace tagwerk::search {

struct Problem {
  const SearchInput* input = nullptr;
  const std::vector<model::LearnerDescriptor>* catalog = nullptr;
  int outputs = 1;                                    ///< scores per row
  std::size_t folds = 1;                              ///< the first `folds` folds of the split are used
  std::size_t train_rows = 0;                         ///< mean training rows of a fold
  std::vector<table::RowIndex> oof_rows;              ///< in the order of split.train
  std::vector<double> truth, weight;                  ///< over oof_rows; weight may be empty
  std::vector<std::vector<std::uint32_t>> positions;  ///< per fold: place in oof_rows of a validation row
  std::vector<std::uint8_t> times;                    ///< how often a row is validated; empty: once
  std::vector<std::uint8_t> group;                    ///< jackknife group of each row of oof_rows
  int groups = 20;
  bool has_text = false;       ///< a feature holds text
  std::size_t text_width = 0;  ///< cost of the texts, in columns

  const model::LearnerDescriptor* Find(std::string_view id) const;
  int classes() const { return input->num_classes; }
  /// Columns as the cost of a fit counts them: a text counts by its length.
  std::size_t cols() const { return input->features.size() + text_width; }
  /// Truth, weight and classes for metrics and the ensemble; scores are left empty.
  metrics::Scored Truth() const;
  /// Whether a result may depend on the clock: only without a trial limit, or when the time is short.
  bool repeatable() const { return input->max_trials > 0; }
};

/// The learners to choose from: the input's, or all.
const std::vector<model::LearnerDescriptor>* Catalog(const SearchInput& input);

Problem MakeProblem(const SearchInput& input, std::size_t folds);

/// A score over all rows of oof_rows and the same without each jackknife group.
struct Scorecard {
  double score = 0;
  std::vector<double> without;
};
Scorecard ScoreOof(const Problem& problem, std::span<const double> oof);

/// Standard error by the delete-a-group jackknife: sqrt((G-1)/G sum_g (t_g - mean)^2) (Efron and
/// Tibshirani 1993, ch. 11). Groups are groups of the split, stretches of time, or random rows.
double JackknifeError(std::span<const double> without);

/// Loss of one row: -ln p of its class (p at least 1e-15), or the squared error.
double RowLoss(const Problem& problem, const double* scores, double truth);

}  // namespace tagwerk::search
