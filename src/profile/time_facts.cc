// Facts about times; see time_facts.h.
#include "profile/time_facts.h"

#include <algorithm>
#include <map>

#include "base/constants.h"
#include "base/text.h"

namespace tagwerk::profile {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::size_t kLeastTimes = 10;
constexpr double kRhythm = 0.5;  ///< share of steps from which a rhythm is told

/// Floor of a / b for positive b.
std::int64_t FloorDivide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// 0 = Monday; 1970-01-01 was a Thursday.
int WeekdayOf(std::int64_t time) {
  const std::int64_t day = FloorDivide(time, kMicrosecondsPerDay);
  return int((((day + 3) % 7) + 7) % 7);
}

/// Months in which clocks change somewhere: March, April, September to November.
bool ChangeNight(std::int64_t time) {
  if (WeekdayOf(time) != 6) return false;
  const std::string text = table::TimestampText(time);
  const std::string month = text.substr(5, 2), hour = text.substr(11, 2);
  return (month == "03" || month == "04" || month == "09" || month == "10" || month == "11") && hour <= "03";
}

std::string StepWords(std::int64_t step) {
  const auto days = double(step) / double(kMicrosecondsPerDay);
  if (step == kHour) return "hourly";
  if (days == 1) return "daily";
  if (days == 7) return "weekly";
  if (days >= 28 && days <= 31) return "monthly";
  if (days >= 90 && days <= 92) return "quarterly";
  if (days >= 365 && days <= 366) return "yearly";
  return "every " + Seconds(double(step) * 1e-6);
}

}  // namespace

TimeFacts FindTimeFacts(const table::Column& column, std::int64_t now) {
  TimeFacts facts;
  std::vector<std::int64_t> times;
  for (const std::int64_t t : *column.timestamps()) {
    if (t == table::kMissingTime) continue;
    times.push_back(t);
    ++facts.weekdays[WeekdayOf(t)];
    facts.future += t > now;
  }
  if (times.size() < kLeastTimes) return facts;
  if (!std::is_sorted(times.begin(), times.end())) std::sort(times.begin(), times.end());
  std::map<std::int64_t, std::int64_t> steps;
  std::int64_t different = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const std::int64_t step = times[i] - times[i - 1];
    facts.repeats += step == 0;
    if (step == 0) continue;
    ++different;
    facts.longest_gap = std::max(facts.longest_gap, step);
    if (steps.size() < 5000 || steps.contains(step)) ++steps[step];
  }
  if (different == 0) return facts;
  // Months and years differ in length: steps of 28 to 31 and 365 to 366 days count as one.
  const auto in_days = [&](std::int64_t low, std::int64_t high) {
    std::int64_t n = 0;
    for (auto at = steps.lower_bound(low * kMicrosecondsPerDay);
         at != steps.end() && at->first <= high * kMicrosecondsPerDay; ++at)
      n += at->second;
    return n;
  };
  const auto most =
      std::max_element(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::int64_t step = most->first, count = most->second;
  for (const auto& [low, high] : {std::pair<std::int64_t, std::int64_t>{28, 31}, {90, 92}, {365, 366}}) {
    if (const std::int64_t n = in_days(low, high); n > count) count = n, step = high * kMicrosecondsPerDay;
  }
  facts.step_share = double(count) / double(different);
  if (facts.step_share < kRhythm) return facts;
  facts.step = step;
  for (const auto& [length, n] : steps) {
    if (length > step) facts.gaps += n;
  }
  for (std::size_t i = 1; i < times.size() && step <= kHour; ++i) {
    const std::int64_t gap = times[i] - times[i - 1];
    const bool repeated = gap == 0, skipped = gap == step + kHour;
    facts.summer_time += (repeated || skipped) && ChangeNight(times[i]);
  }
  return facts;
}

Json TimeFactsJson(const TimeFacts& facts) {
  Json json = Json::object();
  json["step_seconds"] = facts.step > 0 ? Json(double(facts.step) * 1e-6) : Json();
  json["step_share"] = facts.step_share;
  json["gaps"] = facts.gaps;
  json["longest_gap_seconds"] = double(facts.longest_gap) * 1e-6;
  json["repeats"] = facts.repeats;
  Json weekdays = Json::array();
  for (const std::int64_t n : facts.weekdays) weekdays.push_back(n);
  json["weekdays"] = std::move(weekdays);
  json["future"] = facts.future;
  json["summer_time_marks"] = facts.summer_time;
  if (facts.step > 0) {
    std::string words = StepWords(facts.step);
    if (facts.gaps > 0) words += ", " + Count(facts.gaps) + (facts.gaps == 1 ? " gap" : " gaps");
    json["words"] = words;
  }
  return json;
}

}  // namespace tagwerk::profile
