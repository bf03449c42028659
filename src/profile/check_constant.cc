// Columns of one value, or of none: they cannot say anything.
#include <algorithm>

#include "base/text.h"
#include "profile/checks.h"
#include "table/split_date.h"

namespace tagwerk::profile {
namespace {

void AddOne(CheckState& state, std::size_t c) {
  const ColumnProfile& column = state.profile.columns[c];
  const bool empty = column.missing == column.rows;
  const std::string value = empty ? "" : Printable(state.table.column(c).Text(0));
  Finding finding = MakeFinding("column.constant", Severity::kNote, state.Name(c),
                                empty ? "finding.empty" : "finding.constant", {{"value", value}});
  finding.rows = column.rows;
  finding.brief = empty ? "no value in any row" : "constant: " + value;
  finding.evidence = {{"distinct", column.distinct}, {"missing", column.missing}, {"rows", column.rows}};
  SetLeftOut(state, finding, c, "constant");
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace

void CheckConstant(CheckState& state) {
  // The one year of a date that is split over columns says which weekdays its days are.
  std::vector<std::size_t> constant, parts;
  for (const table::SplitDate& date : table::FindNewDates(state.table, state.OpenColumns()))
    for (const std::size_t c : date.Columns()) parts.push_back(c);
  for (const std::size_t c : state.OpenColumns()) {
    const ColumnProfile& column = state.profile.columns[c];
    // One value beside missing ones still tells rows apart: filled or not.
    const bool empty = column.missing == column.rows;
    if (std::find(parts.begin(), parts.end(), c) != parts.end()) continue;
    if (empty || (column.distinct <= 1 && column.missing == 0)) constant.push_back(c);
  }
  if (constant.size() <= kTellSingly) {
    for (const std::size_t c : constant) AddOne(state, c);
    return;
  }
  Finding finding =
      MakeFinding("column.constant", Severity::kNote, "", "finding.constants", {{"count", constant.size()}});
  finding.rows = std::int64_t(state.table.num_rows());
  finding.brief = Count(std::int64_t(constant.size())) + " columns have one value or none";
  finding.evidence = {{"columns", constant.size()}};
  SetManyLeftOut(state, finding, constant, "constant");
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace tagwerk::profile
