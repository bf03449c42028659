// What the rows are sorted by, and columns that change along the rows or along time.
#include <algorithm>

#include "base/text.h"
#include "profile/checks.h"
#include "profile/order.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

/// Sorted by a column: then other columns change along the rows because of it; that is one finding.
void AddSorted(CheckState& state, std::size_t c) {
  Finding finding = MakeFinding("order.drift", Severity::kNote, state.Name(c), "finding.order_sorted", Json::object());
  finding.rows = std::int64_t(state.table.num_rows());
  finding.brief = "the rows are sorted by it";
  std::int64_t changing = 0;
  for (const auto& change : state.profile.order->changes) changing += change.drifts;
  finding.evidence = {{"columns_changing_along_the_rows", changing}};
  state.profile.findings.push_back(std::move(finding));
}

std::string ShareOrNumber(bool share, double value) { return share ? Percent(value) : fmt::format("{:.4g}", value); }

void AddChange(CheckState& state, const OrderFacts::Change& change) {
  const auto& along = state.profile.order->along;
  const bool shares = change.missing || !change.numbers;
  Json values = {{"low", ShareOrNumber(shares, change.low)}, {"high", ShareOrNumber(shares, change.high)}};
  std::string key = change.missing   ? "finding.order_missing"
                    : change.numbers ? "finding.order_number"
                                     : "finding.order_level";
  if (along) {
    key += "_time";
    values["other"] = table::NameOf(state.table, *along);
  }
  if (!change.missing && change.numbers) values["share"] = change.share;
  if (!change.missing && !change.numbers) values["label"] = Printable(change.level);
  const std::string what = change.missing        ? "empty share"
                           : !change.numbers     ? "share of " + Printable(change.level)
                           : change.share == 0.5 ? "median"
                                                 : fmt::format("{:.0f} % point", 100 * change.share);
  Finding finding = MakeFinding("order.drift", Severity::kNote, state.Name(change.column), key, std::move(values));
  finding.rows = change.rows;
  finding.brief = what + " moves from " + ShareOrNumber(shares, change.low) + " to " +
                  ShareOrNumber(shares, change.high) + (along ? " along time" : " along the rows");
  finding.evidence = {{"cohens_w", change.effect},
                      {"q_value", change.q_value},
                      {"rows_used", change.rows},
                      {"low", change.low},
                      {"high", change.high}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace

void CheckOrderColumns(CheckState& state) {
  if (!state.profile.order) return;
  const OrderFacts& order = *state.profile.order;
  if (!order.along && !order.sorted_by.empty()) {
    for (const std::size_t c : order.sorted_by) {
      if (state.IsTarget(c)) return;  // told by the check of the target's order
      if (!state.IsOpen(c)) continue;
      AddSorted(state, c);
      return;
    }
  }
  for (const auto& change : order.changes) {
    if (change.drifts && state.IsOpen(change.column)) AddChange(state, change);
  }
}

}  // namespace tagwerk::profile
