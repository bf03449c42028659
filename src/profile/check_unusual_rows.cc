// Rows unlike all others in several columns at once.
#include "base/text.h"
#include "profile/checks.h"
#include "profile/source_line.h"
#include "profile/unusual_rows.h"

namespace tagwerk::profile {

void CheckUnusualRows(CheckState& state) {
  if (!state.options.full) return;
  UnusualRows unusual = FindUnusualRows(state.context, state.table, state.OpenColumns());
  const double share = double(unusual.found) / double(std::max<std::int64_t>(1, unusual.looked_at));
  // More than one in a hundred is a group of its own, not a set of exceptions.
  if (unusual.found > 0 && share <= 0.01) {
    Finding finding =
        MakeFinding("row.outliers", Severity::kNote, "", "finding.unusual_rows",
                    {{"count", unusual.found}, {"columns", unusual.columns}, {"rows", unusual.looked_at}});
    finding.rows = unusual.found;
    for (const auto& row : unusual.rows) {
      if (finding.examples.size() == 5) break;
      std::string why;
      for (const auto& reason : row.reasons)
        why += (why.empty() ? "" : ", ") + state.Name(reason.column) + " " +
               Printable(state.table.column(reason.column).Text(row.row), 30);
      finding.examples.push_back(ExampleAt(state.read, row.row, why));
    }
    finding.brief = Count(unusual.found) + (unusual.found == 1 ? " row is" : " rows are") + " unlike the others";
    finding.evidence = {{"highest_score", unusual.rows.front().score},
                        {"threshold", unusual.threshold},
                        {"columns", unusual.columns},
                        {"rows_looked_at", unusual.looked_at}};
    state.profile.findings.push_back(std::move(finding));
  } else if (unusual.found > 0) {
    unusual.rows.clear();
  }
  state.profile.unusual = std::make_shared<const UnusualRows>(std::move(unusual));
}

}  // namespace tagwerk::profile
