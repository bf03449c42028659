// Dates split over columns of year, month and day: features and the split by time know the moment that they make.
#include <algorithm>

#include "base/text.h"
#include "profile/checks.h"
#include "table/event_time.h"

namespace tagwerk::profile {

void CheckSplitDates(CheckState& state) {
  for (const table::SplitDate& date : table::FindNewDates(state.table, state.OpenColumns())) {
    const auto time = table::EventTime::Of(date);
    const std::vector<std::string> names = table::NamesOf(state.table, time);
    const std::vector<std::int64_t> times = table::ComposeTimes(state.table, date);
    std::int64_t valid = 0, first = INT64_MAX, last = INT64_MIN;
    for (const std::int64_t at : times) {
      if (at == table::kMissingTime) continue;
      ++valid;
      first = std::min(first, at);
      last = std::max(last, at);
    }
    const bool days = table::HoldsDays(state.table, time);
    Finding finding =
        MakeFinding("order.time", Severity::kNote, Join(names, ", "), "finding.split_date", Json::object());
    finding.columns = names;
    finding.rows = valid;
    finding.action = Action::kConverted;
    finding.brief = "one point in time together: its weekday and day of the year were added";
    finding.evidence = {{"parts", names},
                        {"valid_share", double(valid) / double(std::max<std::size_t>(1, times.size()))},
                        {"from", table::TimestampText(first, days)},
                        {"to", table::TimestampText(last, days)}};
    finding.override_option = "--type " + OptionName(names[0] + "=categorical");
    state.profile.findings.push_back(std::move(finding));
  }
}

}  // namespace tagwerk::profile
