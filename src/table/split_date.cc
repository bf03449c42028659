#include "table/split_date.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/constants.h"
#include "base/text.h"
#include "table/time_text.h"

namespace tagwerk::table {
namespace {

enum class NamedPart : std::uint8_t { kYear, kMonth, kDay, kHour, kMinute };
constexpr std::size_t kNamedParts = 5;
constexpr std::size_t kRowsLookedAt = 10'000;

struct PartWord {
  std::string_view word;
  NamedPart part;
};
/// English, German, French, Italian, Spanish.
constexpr PartWord kPartWords[] = {
    {"année", NamedPart::kYear},    {"año", NamedPart::kYear},      {"día", NamedPart::kDay},
    {"year", NamedPart::kYear},     {"yr", NamedPart::kYear},       {"jahr", NamedPart::kYear},
    {"annee", NamedPart::kYear},    {"anno", NamedPart::kYear},     {"ano", NamedPart::kYear},
    {"month", NamedPart::kMonth},   {"mon", NamedPart::kMonth},     {"mnth", NamedPart::kMonth},
    {"monat", NamedPart::kMonth},   {"mois", NamedPart::kMonth},    {"mese", NamedPart::kMonth},
    {"mes", NamedPart::kMonth},     {"day", NamedPart::kDay},       {"tag", NamedPart::kDay},
    {"jour", NamedPart::kDay},      {"giorno", NamedPart::kDay},    {"dia", NamedPart::kDay},
    {"hour", NamedPart::kHour},     {"hr", NamedPart::kHour},       {"stunde", NamedPart::kHour},
    {"heure", NamedPart::kHour},    {"ora", NamedPart::kHour},      {"hora", NamedPart::kHour},
    {"minute", NamedPart::kMinute}, {"minuto", NamedPart::kMinute}, {"min", NamedPart::kMinute},
};

/// Words of a name in lower case: "ArrivalDay_of" is arrival, day, of.
std::vector<std::string> WordsOfName(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool inside = upper || (c >= 'a' && c <= 'z') || IsDigit(c) || static_cast<unsigned char>(c) >= 0x80;
    const bool after_lower = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (!inside || (upper && after_lower)) words.emplace_back();
    if (inside) words.back() += Lower(std::string_view(&c, 1));
  }
  std::erase_if(words, [](const std::string& word) { return word.empty(); });
  return words;
}

/// Splits "arrival_date_day_of_month" into the part it is and the rest of its name.
std::optional<NamedPart> PartOfName(std::string_view name, std::string& rest) {
  std::optional<NamedPart> part;
  rest.clear();
  const auto words = WordsOfName(name);
  const bool of = std::find(words.begin(), words.end(), "of") != words.end();
  for (const std::string& word : words) {
    if (word == "of") continue;
    const auto* known = std::find_if(std::begin(kPartWords), std::end(kPartWords),
                                     [&](const PartWord& entry) { return entry.word == word; });
    if (known == std::end(kPartWords)) {
      rest += word + " ";
    } else if (!part) {
      part = known->part;
    } else if (!(of && part == NamedPart::kDay && known->part == NamedPart::kMonth)) {
      return std::nullopt;  // "day of year"; a day of the month is a day
    }
  }
  return part;
}

/// Reads the parts of a date, row by row.
class DateReader {
 public:
  DateReader(const Table& table, const SplitDate& date) {
    for (const std::size_t c : date.Columns()) parts_.emplace_back(table.column(c));
  }
  std::int64_t At(std::size_t row) const {
    // Parts that are not there are 0; a missing hour of a date that has hours is no midnight.
    const auto part = [&](std::size_t i) { return i < parts_.size() ? parts_[i].At(row) : 0.0; };
    return ComposeTime({part(0), part(1), part(2), part(3), part(4)});
  }

 private:
  std::vector<DatePartReader> parts_;
};

/// At most kRowsLookedAt rows, evenly spaced.
std::vector<std::size_t> SomeRows(const Table& table, RowSpan rows) {
  const std::size_t n = rows.empty() ? table.num_rows() : rows.size();
  const std::size_t step = std::max<std::size_t>(1, n / kRowsLookedAt);
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < n; i += step) some.push_back(rows.empty() ? i : rows[i]);
  return some;
}

bool MakesDates(const Table& table, const SplitDate& date, const std::vector<std::size_t>& rows) {
  const DateReader reader(table, date);
  std::size_t valid = 0;
  for (const std::size_t row : rows) valid += reader.At(row) != kMissingTime;
  return !rows.empty() && valid * 10 >= rows.size() * 9;
}

/// Whether the days are 1 to 7 in several months: then they are those of the week.
bool MakesWeekdays(const Table& table, const SplitDate& date, const std::vector<std::size_t>& rows) {
  const DatePartReader months(table.column(date.month)), days(table.column(date.day));
  std::array<bool, 8> seen{};
  double first = std::nan("");
  bool several = false;
  for (const std::size_t row : rows) {
    const double day = days.At(row), month = months.At(row);
    if (std::isnan(day) || std::isnan(month)) continue;
    if (day > 7) return false;
    if (day >= 1) seen[std::size_t(day)] = true;
    if (std::isnan(first)) first = month;
    several = several || month != first;
  }
  return several && std::count(seen.begin(), seen.end(), true) == 7;
}

}  // namespace

std::vector<std::size_t> SplitDate::Columns() const {
  std::vector<std::size_t> all = {year, month, day};
  if (hour) all.push_back(*hour);
  if (minute) all.push_back(*minute);
  return all;
}

int MonthOfName(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string start = Lower(Trim(text)).substr(0, 3);
  const auto* at = std::find(kMonths.begin(), kMonths.end(), start);
  return at == kMonths.end() ? 0 : int(at - kMonths.begin()) + 1;
}

DatePartReader::DatePartReader(const std::vector<double>* numbers, const std::vector<std::int32_t>* codes,
                               const Dictionary* dictionary)
    : numbers_(numbers), codes_(codes) {
  if (codes == nullptr || dictionary == nullptr) return;
  for (std::int32_t code = 0; code < dictionary->size(); ++code) {
    const int month = MonthOfName(dictionary->at(code));
    month_of_.push_back(month == 0 ? std::nan("") : month);
  }
}

DatePartReader::DatePartReader(const Column& column)
    : DatePartReader(column.doubles().get(), column.codes().get(), column.dictionary().get()) {}

double DatePartReader::At(std::size_t row) const {
  if (numbers_ != nullptr) return (*numbers_)[row];
  if (codes_ == nullptr) return std::nan("");
  const std::int32_t code = (*codes_)[row];
  return code < 0 || std::size_t(code) >= month_of_.size() ? std::nan("") : month_of_[std::size_t(code)];
}

std::int64_t ComposeTime(const DateNumbers& parts) {
  const auto whole = [](double value, double low, double high) {
    return value >= low && value <= high && value == std::floor(value);
  };
  const auto [year, month, day, hour, minute] = parts;
  if (!whole(year, 1000, 2999) || !whole(month, 1, 12) || !whole(day, 1, 31)) return kMissingTime;
  if (!whole(hour, 0, 24) || !whole(minute, 0, 59)) return kMissingTime;
  const auto days = DaysFromCivil(int(year), int(month), int(day));
  if (!days) return kMissingTime;
  constexpr std::int64_t kMinute = kMicrosecondsPerDay / (24 * 60);
  return *days * kMicrosecondsPerDay + (std::int64_t(hour) * 60 + std::int64_t(minute)) * kMinute;
}

std::vector<std::int64_t> ComposeTimes(const Table& table, const SplitDate& date, RowSpan rows) {
  const DateReader reader(table, date);
  std::vector<std::int64_t> times(rows.empty() ? table.num_rows() : rows.size());
  for (std::size_t i = 0; i < times.size(); ++i) times[i] = reader.At(rows.empty() ? i : rows[i]);
  return times;
}

std::vector<SplitDate> FindSplitDates(const Table& table, const std::vector<std::size_t>& columns, RowSpan rows) {
  struct Group {
    std::string rest;
    std::array<std::optional<std::size_t>, kNamedParts> parts;
  };
  std::vector<Group> groups;
  for (const std::size_t c : columns) {
    if (table.column(c).storage() == Storage::kTimestamp) continue;
    std::string rest;
    const auto part = PartOfName(table.field(c).name, rest);
    if (!part) continue;
    auto at = std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.rest == rest; });
    if (at == groups.end()) at = groups.insert(groups.end(), {rest, {}});
    at->parts[std::size_t(*part)] = c;
  }
  std::erase_if(groups, [](const Group& group) { return !group.parts[0] || !group.parts[1] || !group.parts[2]; });
  std::vector<SplitDate> found;
  if (groups.empty()) return found;
  const std::vector<std::size_t> some = SomeRows(table, rows);
  for (const Group& group : groups) {
    const auto& [year, month, day, hour, minute] = group.parts;
    SplitDate date{*year, *month, *day, {}, {}, std::string(Trim(group.rest))};
    if (!MakesDates(table, date, some) || MakesWeekdays(table, date, some)) continue;
    date.hour = hour;
    if (!MakesDates(table, date, some)) date.hour.reset();
    if (date.hour) date.minute = minute;
    if (!MakesDates(table, date, some)) date.minute.reset();
    found.push_back(date);
  }
  return found;
}

std::vector<SplitDate> FindNewDates(const Table& table, const std::vector<std::size_t>& columns, RowSpan rows) {
  std::vector<SplitDate> found = FindSplitDates(table, columns, rows);
  if (found.empty()) return found;
  const std::vector<std::size_t> some = SomeRows(table, rows);
  std::erase_if(found, [&](const SplitDate& date) {
    const DateReader reader(table, date);
    return std::any_of(columns.begin(), columns.end(), [&](std::size_t c) {
      if (table.column(c).storage() != Storage::kTimestamp) return false;
      const auto& times = *table.column(c).timestamps();
      const auto near = std::count_if(some.begin(), some.end(), [&](std::size_t row) {
        const std::int64_t time = reader.At(row);
        return time != kMissingTime && times[row] != kMissingTime && std::abs(time - times[row]) <= kMicrosecondsPerDay;
      });
      return double(near) >= 0.95 * double(some.size());
    });
  });
  return found;
}

}  // namespace tagwerk::table
