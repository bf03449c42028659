// What the name of a column says about when it is known.
#include <algorithm>
#include <array>

#include "base/name_words.h"
#include "profile/leakage.h"

namespace tagwerk::profile {
namespace {

constexpr std::array<std::string_view, 44> kAfter = {
    "actual",     "after",       "arrived", "canceled",  "cancellation", "cancelled", "closed",   "completed",
    "completion", "delay",       "delays",  "discharge", "discharged",   "dropoff",   "duration", "elapsed",
    "ended",      "feedback",    "final",   "finished",  "observed",     "outcome",   "paid",     "payout",
    "post",       "rating",      "ratings", "realised",  "realized",     "recovered", "refund",   "refunded",
    "resolution", "resolved",    "result",  "returned",  "review",       "reviews",   "settled",  "settlement",
    "terminated", "termination", "tip",     "votes"};
constexpr std::array<std::string_view, 21> kPlanned = {
    "booked",   "budget",   "crs",    "due",      "estimate", "estimated", "expected",
    "forecast", "initial",  "last",   "plan",     "planned",  "prev",      "previous",
    "prior",    "promised", "quoted", "required", "reserved", "sched",     "scheduled"};

constexpr std::array<std::string_view, 11> kTime = {"date",  "datetime", "day",       "dteday", "event", "hour",
                                                    "month", "time",     "timestamp", "utc",    "week"};

template <std::size_t N>
bool HasWord(std::string_view name, const std::array<std::string_view, N>& list) {
  const auto words = NameWords(name);
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& w) { return std::find(list.begin(), list.end(), w) != list.end(); });
}

}  // namespace

bool SoundsAfter(std::string_view name) { return HasWord(name, kAfter) && !HasWord(name, kPlanned); }
bool SoundsLikeTime(std::string_view name) {
  const auto words = NameWords(name);
  return !words.empty() && std::all_of(words.begin(), words.end(), [](const std::string& w) {
    return std::find(kTime.begin(), kTime.end(), w) != kTime.end();
  });
}
bool SoundsPlanned(std::string_view name) { return HasWord(name, kPlanned); }

}  // namespace tagwerk::profile
