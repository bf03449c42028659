// Columns that are empty in the same rows, and columns whose being empty depends on another column.
#include <cmath>

#include "base/text.h"
#include "profile/checks.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

void AddTogether(CheckState& state, const Missingness::Group& group) {
  const std::size_t others = group.columns.size() - 1;
  Finding finding =
      MakeFinding("missing.together", Severity::kNote, state.Name(group.columns.front()),
                  others == 1 ? "finding.missing_together_two" : "finding.missing_together",
                  {{"count", group.columns.size()}, {"rows", group.rows}, {"other", state.Name(group.columns[1])}});
  finding.columns.clear();
  for (const std::size_t c : group.columns) finding.columns.push_back(state.Name(c));
  finding.rows = group.rows;
  finding.brief = "empty together with " +
                  (others == 1 ? Printable(state.Name(group.columns[1])) : Count(std::int64_t(others)) + " columns") +
                  ": " + Count(group.rows) + " rows";
  finding.evidence = {{"rows", group.rows}, {"overlap", group.overlap}};
  state.profile.findings.push_back(std::move(finding));
}

void AddDepends(CheckState& state, const Missingness::Depends& d) {
  Json values = {{"other", state.Name(d.on)}};
  Finding finding;
  if (d.numbers) {
    values["value"] = d.median_empty;
    values["other_value"] = d.median_filled;
    finding = MakeFinding("missing.depends", Severity::kNote, state.Name(d.column), "finding.missing_depends_number",
                          std::move(values));
    finding.brief = "empty depending on " + Printable(state.Name(d.on)) +
                    fmt::format(": median {:.4g}, elsewhere {:.4g}", d.median_empty, d.median_filled);
    finding.evidence = {
        {"rank_biserial", d.effect}, {"median_where_empty", d.median_empty}, {"median_elsewhere", d.median_filled}};
  } else {
    values["label"] = d.level;
    values["share"] = d.share_in_level;
    values["other_share"] = d.share_elsewhere;
    finding = MakeFinding("missing.depends", Severity::kNote, state.Name(d.column), "finding.missing_depends_level",
                          std::move(values));
    finding.brief = Percent(d.share_in_level) + " empty where " + Printable(state.Name(d.on)) + " is " +
                    Printable(d.level) + ", else " + Percent(d.share_elsewhere);
    finding.evidence = {{"cramers_v", d.effect},
                        {"empty_share_in_level", d.share_in_level},
                        {"empty_share_elsewhere", d.share_elsewhere}};
  }
  finding.columns.push_back(state.Name(d.on));
  finding.rows = state.profile.columns[d.column].missing;
  finding.evidence["q_value"] = d.q_value;
  finding.evidence["rows_used"] = d.rows;
  state.profile.findings.push_back(std::move(finding));
}

/// Columns that are left out anyway, and times told as numbers of seconds, say nothing to a reader.
bool Tellable(const CheckState& state, std::size_t c) {
  return state.IsOpen(c) && state.table.column(c).storage() != table::Storage::kTimestamp;
}

}  // namespace

void CheckMissingTogether(CheckState& state) {
  if (!state.profile.missingness) return;
  for (const auto& group : state.profile.missingness->groups) {
    Missingness::Group open = group;
    std::erase_if(open.columns, [&](std::size_t c) { return !state.IsOpen(c); });
    if (open.columns.size() > 1) AddTogether(state, open);
  }
  for (const auto& depends : state.profile.missingness->depends) {
    if (Tellable(state, depends.column) && Tellable(state, depends.on)) AddDepends(state, depends);
  }
}

}  // namespace tagwerk::profile
