// Association of two columns of any kind: correlation ratio of a number by groups, bias-corrected
// Cramer's V and Theil's U of two sets of groups; with the p-values of Kruskal-Wallis and chi-square.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/tests.h"

namespace tagwerk::stats {

double FSurvival(double f, double numerator_degrees, double denominator_degrees);  ///< P(F > f)

/// How much of a number's spread lies between groups.
struct GroupRelation {
  double eta = 0;           ///< correlation ratio: sqrt of the share of variance between groups, 0..1
  double eta_adjusted = 0;  ///< the same without the part that chance gives (epsilon squared, Kelley 1935)
  double groups = 0, rows = 0;
};
/// `group[i]` below 0 or `values[i]` NaN: the pair is left out. Groups are numbered from 0 below `groups`.
GroupRelation CorrelationRatio(std::span<const double> values, std::span<const std::int32_t> group, std::size_t groups);
/// Kruskal-Wallis test from the correlation ratio of the ranks: H = (n - 1) eta^2, chi-square with
/// groups - 1 degrees. Corrected for ties when the ranks are average ranks of the same rows.
TestResult KruskalWallis(const GroupRelation& of_ranks);

/// Two sets of groups on the same rows.
struct TableRelation {
  double cramers_v = 0;              ///< bias-corrected (Bergsma 2013), 0..1
  double w = 0;                      ///< Cohen's w, corrected alike: sqrt(chi-square / rows); 0.3 is medium
  double u_rows = 0, u_columns = 0;  ///< Theil's U: share of the rows' (columns') entropy that the other explains
  double rows = 0;
  TestResult chi_square;
};
/// Counts of pairs, row-major.
TableRelation TableAssociation(std::span<const double> counts, std::size_t rows, std::size_t columns);

}  // namespace tagwerk::stats
