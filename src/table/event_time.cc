#include "table/event_time.h"

#include "base/text.h"

namespace tagwerk::table {

std::vector<std::string> NamesOf(const Table& table, const EventTime& time) {
  std::vector<std::string> names;
  for (const std::size_t c : time.Columns()) names.push_back(table.field(c).name);
  return names;
}

std::string NameOf(const Table& table, const EventTime& time) { return Join(NamesOf(table, time), ", "); }

bool HoldsTimes(const Table& table, const EventTime& time) {
  return time.date || table.column(time.column).storage() == Storage::kTimestamp;
}

bool HoldsDays(const Table& table, const EventTime& time) {
  return time.date ? !time.date->hour : table.field(time.column).date_only;
}

std::shared_ptr<const std::vector<std::int64_t>> TimesOf(const Table& table, const EventTime& time) {
  if (!time.date) return table.column(time.column).timestamps();
  return std::make_shared<const std::vector<std::int64_t>>(ComposeTimes(table, *time.date));
}

std::optional<EventTime> FindAgain(const Table& from, const EventTime& time, const Table& to) {
  const auto again = [&](std::size_t c) -> std::optional<std::size_t> {
    const auto at = to.Find(from.field(c).name);
    return at && to.column(*at).storage() == from.column(c).storage() ? at : std::nullopt;
  };
  for (const std::size_t c : time.Columns())
    if (!again(c)) return std::nullopt;
  if (!time.date) return EventTime::Of(*again(time.column));
  SplitDate date{*again(time.date->year), *again(time.date->month), *again(time.date->day), {}, {}, time.date->common};
  if (time.date->hour) date.hour = again(*time.date->hour);
  if (time.date->minute) date.minute = again(*time.date->minute);
  return EventTime::Of(date);
}

}  // namespace tagwerk::table
