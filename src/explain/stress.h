// Stress tests: what happens to the score when held-out rows arrive damaged, and whether it would be noticed.
#pragma once

#include "explain/explain.h"

namespace tagwerk::explain {

struct StressInput {
  ExplainInput rows;               ///< held-out rows with truth; `columns`: by importance, the first ones are tried
  std::optional<double> baseline;  ///< the baseline's value of the metric on these rows
  std::size_t most_columns = 12;
};

/// Damages copies of at most 2,000 held-out rows, one way at a time, and measures the metric again:
/// `missing` (a column is empty), `noise` (normal, half a standard deviation), `shift` (one standard deviation up),
/// `scale` (ten times: another unit), `unseen` (every category is one that training never saw), `swapped` (two
/// columns of numbers change places), and for all columns together `all_shift`, `all_unseen`, `far` (every number
/// far beyond what training saw).
/// Returns `{metric, rows, intact, baseline, tests[], complete}`; a test is `{kind, columns[], value, loss,
/// lost_share, changed_share, noticed_share, sure_share}`: loss > 0 is worse; lost_share = part of the gain over the
/// baseline that is lost (1 = no better than the baseline); changed_share = rows with another decision (regression:
/// moved by more than the usual error); noticed_share = rows on which `tagwerk predict` would warn; sure_share =
/// decisions at a probability of at least 0.9 (classification). Worst first.
Json StressTest(const Context& context, const StressInput& input);

}  // namespace tagwerk::explain
