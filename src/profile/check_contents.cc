// What the values of a column are: personal data by their form, texts that nearly repeat, dates that lie in
// the future. Also fills the details of columns that only the full profile has.
#include "base/text.h"
#include "profile/checks.h"
#include "profile/distribution.h"
#include "profile/text_facts.h"
#include "profile/time_facts.h"

namespace tagwerk::profile {
namespace {

void AddPersonal(CheckState& state, std::size_t c, const TextFacts& facts) {
  Finding finding = MakeFinding("value.personal", Severity::kNote, state.Name(c),
                                facts.kind == "email"   ? "finding.personal_email"
                                : facts.kind == "phone" ? "finding.personal_phone"
                                                        : "finding.personal_ip",
                                {{"share", facts.kind_share}});
  finding.rows = state.profile.columns[c].rows - state.profile.columns[c].missing;
  finding.brief = "looks like personal data: " + facts.kind;
  finding.evidence = {{"kind", facts.kind}, {"share", facts.kind_share}, {"values_looked_at", facts.looked_at}};
  finding.override_option = "--drop " + OptionName(state.Name(c));
  state.profile.findings.push_back(std::move(finding));
}

void AddNearTexts(CheckState& state, std::size_t c, const TextFacts& facts) {
  Finding finding = MakeFinding("row.near_duplicates", Severity::kNote, state.Name(c), "finding.near_texts",
                                {{"count", facts.near_duplicates}, {"rows", facts.texts_compared}});
  finding.rows = facts.near_duplicates;
  finding.examples.push_back({"", 0, Printable(facts.duplicate_a, 80)});
  finding.examples.push_back({"", 0, Printable(facts.duplicate_b, 80)});
  finding.brief = Count(facts.near_duplicates) + " texts repeat another nearly word for word";
  finding.evidence = {{"texts", facts.near_duplicates}, {"texts_compared", facts.texts_compared}};
  state.profile.findings.push_back(std::move(finding));
}

void AddFuture(CheckState& state, std::size_t c, const TimeFacts& facts) {
  const std::string latest =
      table::TimestampText(std::int64_t(state.profile.columns[c].max * 1e6), state.table.field(c).date_only);
  Finding finding = MakeFinding("value.range", Severity::kNote, state.Name(c), "finding.future",
                                {{"count", facts.future}, {"value", latest}});
  finding.rows = facts.future;
  finding.brief = Count(facts.future) + " times lie in the future, the latest " + latest;
  finding.evidence = {{"rows", facts.future}, {"latest", latest}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace

void CheckContents(CheckState& state) {
  if (!state.options.full) return;
  const std::vector<Json> laws = DescribeDistributions(state.context, state.table, state.profile.columns);
  std::vector<TextFacts> texts(state.table.num_columns());
  std::vector<TimeFacts> times(state.table.num_columns());
  const std::int64_t now = std::int64_t(UnixNow() * 1e6);
  state.context.pool->For(state.table.num_columns(), [&](std::size_t c) {
    if (state.context.ShouldStop()) return;
    const table::Storage storage = state.table.column(c).storage();
    if (storage == table::Storage::kString) texts[c] = FindTextFacts(state.context, state.table, c);
    if (storage == table::Storage::kTimestamp) times[c] = FindTimeFacts(state.table.column(c), now);
  });
  for (std::size_t c = 0; c < state.table.num_columns(); ++c) {
    ColumnProfile& column = state.profile.columns[c];
    const table::Storage storage = state.table.column(c).storage();
    column.distribution = laws[c];
    if (storage == table::Storage::kString) column.text = TextFactsJson(texts[c]);
    if (storage == table::Storage::kTimestamp) column.times = TimeFactsJson(times[c]);
    if (texts[c].Personal()) AddPersonal(state, c, texts[c]);
    if (texts[c].near_duplicates * 100 > texts[c].texts_compared) AddNearTexts(state, c, texts[c]);
    if (times[c].future > 0 && times[c].future * 2 < column.rows) AddFuture(state, c, times[c]);
  }
}

}  // namespace tagwerk::profile
