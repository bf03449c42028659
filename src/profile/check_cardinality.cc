// Categories too many for a code each.
#include "base/text.h"
#include "profile/checks.h"

namespace tagwerk::profile {
namespace {

Finding TextFinding(const CheckState& state, std::size_t c) {
  const ColumnProfile& column = state.profile.columns[c];
  Finding finding = MakeFinding("column.high_cardinality", Severity::kNote, state.Name(c), "finding.text_words",
                                {{"count", column.distinct}});
  finding.brief = "text, read by its words";
  finding.evidence = {{"distinct", column.distinct}, {"mean_length", column.mean_length}};
  return finding;
}

}  // namespace

void CheckCardinality(CheckState& state) {
  constexpr std::int64_t kMostCodes = 254;  ///< of native categories in the tree recipe
  for (const std::size_t c : state.OpenColumns()) {
    const ColumnProfile& column = state.profile.columns[c];
    const table::Column& values = state.table.column(c);
    if (values.storage() != table::Storage::kString || column.distinct <= kMostCodes || state.IsTarget(c)) continue;
    const bool text = state.IsText(c);
    std::vector<std::int64_t> counts(std::size_t(values.dictionary()->size()));
    for (const std::int32_t code : *values.codes()) {
      if (code >= 0) ++counts[std::size_t(code)];
    }
    std::int64_t rare = 0;
    for (const std::int64_t n : counts) rare += n > 0 && n < 10;
    Finding finding = text ? TextFinding(state, c)
                           : MakeFinding("column.high_cardinality", Severity::kWarning, state.Name(c),
                                         "finding.high_cardinality", {{"count", column.distinct}, {"rare", rare}});
    finding.rows = column.rows - column.missing;
    finding.action = Action::kEncoded;
    if (!text) {
      finding.brief = Count(column.distinct) + " categories";
      finding.evidence = {{"categories", column.distinct}, {"rare_categories", rare}};
    }
    finding.override_option = "--drop " + OptionName(state.Name(c));
    state.profile.findings.push_back(std::move(finding));
  }
}

}  // namespace tagwerk::profile
