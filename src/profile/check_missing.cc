// Columns that are mostly empty, and emptiness that says something about the target.
#include <cmath>

#include "base/text.h"
#include "profile/checks.h"
#include "stats/association.h"
#include "stats/tests.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

struct Side {
  double n = 0, mean = 0, m2 = 0;
  void Add(double y) {
    n += 1;
    const double d = y - mean;
    mean += d / n;
    m2 += d * (y - mean);
  }
  double sd() const { return n > 1 ? std::sqrt(m2 / (n - 1)) : 0; }
};

/// Several classes: the class whose share changes most is told, when being empty and the class depend on
/// each other clearly (p < 1e-4) and strongly (Cramer's V of 0.2 or more).
void CheckPredictsClass(CheckState& state, std::size_t c) {
  const table::Column& column = state.table.column(c);
  const std::size_t classes = state.goal->classes.size();
  std::vector<double> counts(2 * classes);
  double side[2] = {0, 0};
  for (std::size_t i = 0; i < state.sample.y.size(); ++i) {
    const std::size_t empty = column.IsMissing(state.sample.rows[i]) ? 1 : 0;
    counts[empty * classes + std::size_t(state.sample.y[i])] += 1;
    side[empty] += 1;
  }
  if (side[0] < 50 || side[1] < 50) return;
  const auto relation = stats::TableAssociation(counts, 2, classes);
  if (relation.cramers_v < 0.2 || relation.chi_square.p_value > 1e-4) return;
  std::size_t most = 0;
  const auto share = [&](std::size_t empty, std::size_t k) { return counts[empty * classes + k] / side[empty]; };
  for (std::size_t k = 1; k < classes; ++k) {
    if (std::fabs(share(1, k) - share(0, k)) > std::fabs(share(1, most) - share(0, most))) most = k;
  }
  const std::string& label = state.goal->classes[most];
  Finding finding =
      MakeFinding("missing.predicts_target", Severity::kNote, state.Name(c), "finding.missing_predicts_class",
                  {{"label", Printable(label)}, {"share", share(1, most)}, {"other_share", share(0, most)}});
  finding.rows = state.profile.columns[c].missing;
  finding.brief = "class " + Printable(label) + ": " + Percent(share(1, most)) + " where empty, " +
                  Percent(share(0, most)) + " elsewhere";
  finding.evidence = {{"cramers_v", relation.cramers_v}, {"p_value", relation.chi_square.p_value}};
  state.profile.findings.push_back(std::move(finding));
}

/// Compares the target of rows where the column is empty with the others; told when the difference is
/// both clear (p < 1e-4) and large (10 points of share, or 0.3 standard deviations).
void CheckPredicts(CheckState& state, std::size_t c) {
  if (state.goal == nullptr) return;
  if (state.goal->task == Task::kMulticlass) {
    CheckPredictsClass(state, c);
    return;
  }
  const table::Column& column = state.table.column(c);
  const bool binary = state.goal->task == Task::kBinary;
  Side empty, filled, all;
  for (std::size_t i = 0; i < state.sample.y.size(); ++i) {
    const double y = binary ? double(int(state.sample.y[i]) == state.goal->positive) : state.sample.y[i];
    (column.IsMissing(state.sample.rows[i]) ? empty : filled).Add(y);
    all.Add(y);
  }
  if (empty.n < 50 || filled.n < 50) return;
  const double difference = std::fabs(empty.mean - filled.mean);
  if (difference < (binary ? 0.1 : 0.3 * all.sd())) return;
  const double p = stats::WelchTest(empty.mean, empty.sd(), empty.n, filled.mean, filled.sd(), filled.n).p_value;
  if (p > 1e-4) return;
  Finding finding = MakeFinding("missing.predicts_target", Severity::kNote, state.Name(c), "finding.missing_predicts",
                                {{"value", empty.mean}, {"other_value", filled.mean}});
  finding.rows = state.profile.columns[c].missing;
  finding.brief = binary ? "target " + Percent(empty.mean) + " where empty, " + Percent(filled.mean) + " elsewhere"
                         : fmt::format("target {:.4g} where empty, {:.4g} elsewhere", empty.mean, filled.mean);
  finding.evidence = {{"mean_where_empty", empty.mean}, {"mean_elsewhere", filled.mean}, {"p_value", p}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace

void CheckMissing(CheckState& state) {
  for (const std::size_t c : state.OpenColumns()) {
    const ColumnProfile& column = state.profile.columns[c];
    if (column.missing == 0 || state.IsTarget(c)) continue;
    const double share = double(column.missing) / double(column.rows);
    if (share > 0.5) {
      Finding finding = MakeFinding("missing.heavy", share > 0.9 ? Severity::kWarning : Severity::kNote, state.Name(c),
                                    "finding.missing_heavy", {{"share", share}, {"count", column.missing}});
      finding.rows = column.missing;
      finding.brief = Percent(share) + " missing";
      finding.evidence = {{"missing", column.missing}, {"share", share}};
      finding.override_option = "--drop " + OptionName(state.Name(c));
      state.profile.findings.push_back(std::move(finding));
    }
    CheckPredicts(state, c);
  }
}

}  // namespace tagwerk::profile
