// Dates split over columns: what is one, what is none, and the times that they make.
#include "table/split_date.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/constants.h"
#include "table/event_time.h"

namespace tagwerk::table {
namespace {

using NamedValues = std::pair<std::string, std::vector<double>>;

Table MakeTable(const std::vector<NamedValues>& columns, const std::vector<std::int64_t>& times = {}) {
  std::vector<Field> fields;
  std::vector<ColumnPtr> values;
  const auto add = [&](const std::string& name, ColumnPtr column) {
    Field field;
    field.name = name;
    fields.push_back(field);
    values.push_back(std::move(column));
  };
  for (const auto& [name, numbers] : columns) add(name, Column::Doubles(numbers));
  if (!times.empty()) add("when", Column::Timestamps(times));
  return {std::move(fields), std::move(values), columns[0].second.size()};
}

std::vector<SplitDate> Find(const Table& table) {
  std::vector<std::size_t> all;
  for (std::size_t c = 0; c < table.num_columns(); ++c) all.push_back(c);
  return FindSplitDates(table, all);
}
std::vector<SplitDate> Find(const std::vector<NamedValues>& columns) { return Find(MakeTable(columns)); }

const std::vector<double> kYears = {2013, 2014}, kMonths = {2, 12}, kDays = {28, 31}, kHours = {0, 23};

TEST(SplitDate, IsKnownByNamesInAnyOrderAndLanguage) {
  const auto plain = Find({{"No", {1, 2}}, {"year", kYears}, {"month", kMonths}, {"day", kDays}, {"hour", kHours}});
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_EQ(plain[0].Columns(), (std::vector<std::size_t>{1, 2, 3, 4}));
  EXPECT_EQ(plain[0].common, "");
  const auto two = Find({{"StartYear", kYears},
                         {"StartMonth", kMonths},
                         {"StartDay", kDays},
                         {"end_day_of_month", kDays},
                         {"end_month", kMonths},
                         {"end_year", kYears}});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1].Columns(), (std::vector<std::size_t>{5, 4, 3}));
  EXPECT_EQ(two[1].common, "end");
  EXPECT_EQ(Find({{"Jahr", kYears}, {"Monat", kMonths}, {"Tag", kDays}}).size(), 1u);
  EXPECT_EQ(Find({{"Année", kYears}, {"mois", kMonths}, {"jour", kDays}, {"heure", kHours}}).size(), 1u);
  EXPECT_EQ(Find({{"anno", kYears}, {"mese", kMonths}, {"giorno", kDays}}).size(), 1u);
  EXPECT_EQ(Find({{"año", kYears}, {"mes", kMonths}, {"día", kDays}}).size(), 1u);
}

TEST(SplitDate, ValuesMustMakeDays) {
  EXPECT_TRUE(Find({{"year", kYears}, {"month", kMonths}, {"day", {30, 31}}}).empty());  // no 30 February
  EXPECT_TRUE(Find({{"year", {13, 14}}, {"month", kMonths}, {"day", kDays}}).empty());
  EXPECT_TRUE(Find({{"year", kYears}, {"month", {0.5, 2}}, {"day", kDays}}).empty());
  EXPECT_TRUE(Find({{"year", kYears}, {"month", kMonths}, {"day_of_year", kDays}}).empty());
  EXPECT_TRUE(Find({{"birth_year", kYears}, {"month", kMonths}, {"day", kDays}}).empty());
  EXPECT_TRUE(Find({{"year", kYears}, {"month", kMonths}}).empty());
  // Hours that are none leave the day; minutes need hours.
  const auto odd = Find({{"year", kYears}, {"month", kMonths}, {"day", kDays}, {"hour", {0, 99}}, {"minute", {0, 5}}});
  EXPECT_EQ(odd.at(0).Columns().size(), 3u);
  const auto whole = Find({{"year", kYears}, {"month", kMonths}, {"day", kDays}, {"hr", kHours}, {"minute", {0, 5}}});
  EXPECT_EQ(whole.at(0).Columns().size(), 5u);
}

TEST(SplitDate, DaysOfTheWeekMakeNoDate) {
  std::vector<double> year(84, 2020), month, weekday, first(84, 1);
  for (int i = 0; i < 84; ++i) {
    month.push_back(1 + i / 7);
    weekday.push_back(1 + i % 7);
  }
  EXPECT_TRUE(Find({{"year", year}, {"month", month}, {"day", weekday}}).empty());
  EXPECT_EQ(Find({{"year", year}, {"month", month}, {"day", first}}).size(), 1u);  // first days of months
}

TEST(SplitDate, OneThatRepeatsADatetimeColumnIsNoNews) {
  std::vector<double> year, month, day;
  std::vector<std::int64_t> near, far;
  for (int i = 0; i < 40; ++i) {
    year.push_back(2020);
    month.push_back(1 + i / 20);
    day.push_back(1 + i % 20);
    const std::int64_t at = ComposeTime({2020, month.back(), day.back(), 0, 0});
    near.push_back(at + kMicrosecondsPerDay / 4);
    far.push_back(at + 9 * kMicrosecondsPerDay);
  }
  const std::vector<NamedValues> parts = {{"year", year}, {"month", month}, {"day", day}};
  const std::vector<std::size_t> all = {0, 1, 2, 3};
  EXPECT_TRUE(FindNewDates(MakeTable(parts, near), all).empty());
  EXPECT_EQ(FindNewDates(MakeTable(parts, far), all).size(), 1u);
  EXPECT_EQ(FindSplitDates(MakeTable(parts, near), all).size(), 1u);
}

TEST(SplitDate, MakesTimes) {
  EXPECT_EQ(TimestampText(ComposeTime({2024, 2, 29, 18, 5})), "2024-02-29T18:05:00");
  EXPECT_EQ(ComposeTime({2023, 2, 29, 0, 0}), kMissingTime);
  EXPECT_EQ(ComposeTime({std::nan(""), 2, 2, 0, 0}), kMissingTime);
  EXPECT_EQ(ComposeTime({2024, 2, 2, std::nan(""), 0}), kMissingTime);
  EXPECT_EQ(ComposeTime({2024, 2, 2, 0, 60}), kMissingTime);
  EXPECT_EQ(ComposeTime({1e300, 2, 2, 0, 0}), kMissingTime);
  EXPECT_EQ(ComposeTime({2024, 2, 1, 24, 0}), ComposeTime({2024, 2, 2, 0, 0}));
  EXPECT_EQ(MonthOfName(" September "), 9);
  EXPECT_EQ(MonthOfName("7"), 0);
  EXPECT_EQ(MonthOfName(""), 0);
}

TEST(EventTime, ReadsColumnsAndSplitDatesAlike) {
  const Table table = MakeTable({{"year", kYears}, {"month", kMonths}, {"day", kDays}, {"hour", kHours}}, {5, 7});
  const EventTime split = EventTime::Of(Find(table).at(0)), column = EventTime::Of(4), number = EventTime::Of(0);
  EXPECT_EQ(NameOf(table, split), "year, month, day, hour");
  EXPECT_EQ(TimestampText(TimesOf(table, split)->at(1)), "2014-12-31T23:00:00");
  EXPECT_EQ(*TimesOf(table, column), (std::vector<std::int64_t>{5, 7}));
  EXPECT_EQ(TimesOf(table, number), nullptr);
  EXPECT_TRUE(HoldsTimes(table, split) && HoldsTimes(table, column) && !HoldsTimes(table, number));
  const Table other = table.Select({3, 2, 1, 0});
  const auto again = FindAgain(table, split, other);
  ASSERT_TRUE(again);
  EXPECT_EQ(*TimesOf(other, *again), *TimesOf(table, split));
  EXPECT_FALSE(FindAgain(table, split, table.Select({0, 1, 3})));
  EXPECT_FALSE(FindAgain(table, column, other));
}

}  // namespace
}  // namespace tagwerk::table
