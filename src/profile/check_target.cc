// The target itself: rows without it, rare and uneven classes.
#include "base/text.h"
#include "profile/checks.h"

#include <algorithm>

namespace tagwerk::profile {
namespace {

std::vector<std::int64_t> ClassCounts(const CheckState& state) {
  std::vector<std::int64_t> counts(state.goal->classes.size());
  for (const table::RowIndex row : state.profile.labelled) ++counts[std::size_t(state.target[row])];
  return counts;
}

void AddRare(CheckState& state, const std::vector<std::int64_t>& counts) {
  std::vector<std::size_t> rare;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] > 0 && counts[k] < 10) rare.push_back(k);
  }
  if (rare.empty()) return;
  const std::size_t rarest =
      *std::min_element(rare.begin(), rare.end(), [&](auto a, auto b) { return counts[a] < counts[b]; });
  const std::string& label = state.goal->classes[rarest];
  Json values = {{"label", Printable(label)}, {"count", counts[rarest]}};
  if (rare.size() > 1) values["classes"] = rare.size();
  Finding finding = MakeFinding("target.rare_class", Severity::kWarning, state.Name(state.goal->target),
                                rare.size() > 1 ? "finding.rare_classes" : "finding.rare_class", std::move(values));
  for (const std::size_t k : rare) {
    finding.rows += counts[k];
    if (finding.examples.size() < 5) finding.examples.push_back({"", 0, state.goal->classes[k]});
  }
  finding.brief = rare.size() > 1 ? std::to_string(rare.size()) + " classes with fewer than 10 rows"
                                  : "class " + Printable(label) + ": " + Count(counts[rarest]) + " rows";
  finding.evidence = {{"classes", rare.size()}, {"least_rows", counts[rarest]}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace

void CheckMissingTarget(CheckState& state) {
  const std::int64_t missing = std::int64_t(state.table.num_rows() - state.profile.labelled.size());
  if (missing == 0) return;
  const double share = double(missing) / double(state.table.num_rows());
  Finding finding = MakeFinding("missing.target", Severity::kWarning, state.Name(state.goal->target),
                                "finding.missing_target", {{"count", missing}, {"share", share}});
  finding.rows = missing;
  finding.action = Action::kSetAside;
  finding.brief = Count(missing) + (missing == 1 ? " row has" : " rows have") + " no target";
  finding.evidence = {{"rows", missing}, {"share", share}};
  state.profile.findings.push_back(std::move(finding));
}

void CheckBalance(CheckState& state) {
  if (state.goal->task == Task::kRegression) return;
  const std::vector<std::int64_t> counts = ClassCounts(state);
  AddRare(state, counts);
  const std::size_t least = std::size_t(std::min_element(counts.begin(), counts.end()) - counts.begin());
  const double share = double(counts[least]) / double(std::max<std::size_t>(1, state.profile.labelled.size()));
  const double fair = 1.0 / double(counts.size());
  // Binary: below a tenth; several classes: below a tenth of an even share. Rare classes are told apart.
  if (share >= (counts.size() == 2 ? 0.1 : 0.1 * fair) || (counts.size() > 2 && counts[least] < 10)) return;
  Finding finding =
      MakeFinding("target.imbalance", share < 0.01 ? Severity::kWarning : Severity::kNote,
                  state.Name(state.goal->target), "finding.imbalance",
                  {{"label", Printable(state.goal->classes[least])}, {"share", share}, {"count", counts[least]}});
  finding.rows = counts[least];
  finding.brief = "class " + Printable(state.goal->classes[least]) + " has " + Percent(share) + " of the rows";
  finding.evidence = {{"share", share}, {"rows", counts[least]}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace tagwerk::profile
