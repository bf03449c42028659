// What a column of times holds: rhythm, gaps, repeated times, weekdays, times in the future, and the marks
// that a change of summer time leaves in clock times without a zone.
#pragma once

#include "base/json.h"
#include "table/table.h"

namespace tagwerk::profile {

struct TimeFacts {
  std::int64_t step = 0;          ///< microseconds between neighbours in most cases; 0: no rhythm
  double step_share = 0;          ///< of the steps between different times
  std::int64_t gaps = 0;          ///< steps longer than the rhythm
  std::int64_t longest_gap = 0;   ///< microseconds
  std::int64_t repeats = 0;       ///< rows whose time an earlier row has
  std::int64_t weekdays[7] = {};  ///< rows by day, Monday first
  std::int64_t future = 0;        ///< rows after `now`
  std::int64_t summer_time = 0;   ///< hours repeated or skipped in the night to a Sunday of spring or autumn
};

/// `now`: microseconds since 1970.
TimeFacts FindTimeFacts(const table::Column& column, std::int64_t now);
Json TimeFactsJson(const TimeFacts& facts);

}  // namespace tagwerk::profile
