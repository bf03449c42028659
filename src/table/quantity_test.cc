// Numbers with units, as people write them; and that any number in any style with any unit reads back.
#include "table/quantity.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "table/value_form.h"

namespace tagwerk::table {
namespace {

struct Expected {
  double value;
  std::string unit;
};

TEST(SplitQuantity, ReadsWhatPeopleWrite) {
  const std::map<std::string, Expected> cases{{"1248 CC", {1248, "CC"}},
                                              {"103.52 bhp", {103.52, "bhp"}},
                                              {"23.4 km/kg", {23.4, "km/kg"}},
                                              {"$4.99", {4.99, "$"}},
                                              {"US$ 4.99", {4.99, "US$"}},
                                              {"-$4.99", {-4.99, "$"}},
                                              {"$-4.99", {-4.99, "$"}},
                                              {"4.99 \xE2\x82\xAC", {4.99, "\xE2\x82\xAC"}},
                                              {"EUR 12", {12, "EUR"}},
                                              {"19M", {19e6, ""}},
                                              {"8.7k", {8700, ""}},
                                              {"$2.5bn", {2.5e9, "$"}},
                                              {"3 million", {3e6, ""}},
                                              {"$3m", {3e6, "$"}},
                                              {"3 m", {3, "m"}},
                                              {"1.2 crore", {1.2e7, ""}},
                                              {"500+", {500, ""}},
                                              {"5M+", {5e6, ""}},
                                              {"10+ years", {10, "years"}},
                                              {"12 %", {12, "%"}},
                                              {"12%", {12, "%"}},
                                              {"21\xC2\xB0\x43", {21, "\xC2\xB0\x43"}},
                                              {"(234)", {-234, ""}},
                                              {"($4.50)", {-4.5, "$"}},
                                              {"234-", {-234, ""}},
                                              {"\xE2\x88\x92"
                                               "5 kg",
                                               {-5, "kg"}},
                                              {"4.5/5", {4.5, "/5"}},
                                              {"4 out of 5", {4, "out of 5"}},
                                              {"35 m2", {35, "m2"}},
                                              {"7.1 l/100km", {7.1, "l/100km"}},
                                              {"$120 per night", {120, "$ per night"}},
                                              {"1e-3 V", {0.001, "V"}},
                                              {"3rd", {3, "rd"}},
                                              {"2:30", {2.5, "h"}},
                                              {"6:30 PM", {18.5, "h"}}};
  for (const auto& [text, expected] : cases) {
    const Quantity q = SplitQuantity(text, NumberStyle::kPlain);
    ASSERT_EQ(q.num_parts, 1U) << text;
    EXPECT_DOUBLE_EQ(q.parts[0].number.value, expected.value) << text;
    EXPECT_EQ(q.parts[0].unit, expected.unit) << text;
  }
  for (const char* text : {"",
                           "A11",
                           "V8",
                           "4.0.3",
                           "10.0.0.1",
                           "2013-01-31",
                           "18-29",
                           "555-1234",
                           "(555) 123-4567",
                           "$0 - $24,999",
                           "bhp",
                           "12 34",
                           "1 - 2",
                           "5,",
                           "Gate 5",
                           "12.7@ 2",
                           "12a34b56c",
                           "--5",
                           "1:2:3",
                           "25:61",
                           "()",
                           "$",
                           "+",
                           "5 ; 6"}) {
    EXPECT_TRUE(SplitQuantity(text, NumberStyle::kPlain).num_parts == 0 ||
                !InUnit(SplitQuantity(text, NumberStyle::kPlain), "kg"))
        << text;
  }
}

TEST(SplitQuantity, SumsParts) {
  EXPECT_EQ(InUnit(SplitQuantity("2h 50m", NumberStyle::kPlain), "min"), 170);
  EXPECT_EQ(InUnit(SplitQuantity("1 hour 20 minutes", NumberStyle::kPlain), "min"), 80);
  EXPECT_EQ(InUnit(SplitQuantity("19h", NumberStyle::kPlain), "min"), 19 * 60);
  EXPECT_NEAR(*InUnit(SplitQuantity("5'11\"", NumberStyle::kPlain), "in"), 71, 1e-9);
  EXPECT_NEAR(*InUnit(SplitQuantity("5 ft 11 in", NumberStyle::kPlain), "in"), 71, 1e-9);
  EXPECT_EQ(InUnit(SplitQuantity("2:35:10", NumberStyle::kPlain), "s"), 2 * 3600 + 35 * 60 + 10);
  EXPECT_EQ(InUnit(SplitQuantity("3:45", NumberStyle::kPlain), "min"), 3.75);  // minutes and seconds
}

TEST(UnitRatio, KnowsFixedRelationsOnly) {
  EXPECT_EQ(UnitRatio("km", "m"), 1000);
  EXPECT_EQ(UnitRatio("GB", "MB"), 1000);
  EXPECT_EQ(UnitRatio("cc", "CC"), 1);
  EXPECT_EQ(UnitRatio("euro", "EUR"), 1);
  EXPECT_EQ(UnitRatio("review", "reviews"), 1);
  EXPECT_EQ(UnitRatio("mW", "MW"), 1e-9);
  EXPECT_FALSE(UnitRatio("kmpl", "km/kg"));
  EXPECT_FALSE(UnitRatio("$", "\xE2\x82\xAC"));
  EXPECT_FALSE(UnitRatio("\xC2\xB0\x43", "\xC2\xB0\x46"));
}

/// Writes digits with a mark between groups, from the right.
std::string Grouped(std::int64_t whole, const std::string& mark, bool indian) {
  std::string digits = std::to_string(whole), out;
  std::size_t group = 3;
  while (digits.size() > group) {
    out = mark + digits.substr(digits.size() - group) + out;
    digits.resize(digits.size() - group);
    if (indian) group = 2;
  }
  return digits + out;
}

TEST(SplitQuantity, AnyNumberInAnyStyleWithAnyUnitReadsBack) {
  struct Style {
    NumberStyle style;
    std::string mark, point;
    bool indian;
  };
  const std::vector<Style> styles{{NumberStyle::kPlain, "", ".", false},
                                  {NumberStyle::kGrouped, ",", ".", false},
                                  {NumberStyle::kGrouped, ",", ".", true},
                                  {NumberStyle::kGrouped, "'", ".", false},
                                  {NumberStyle::kGrouped, "\xE2\x80\x99", ".", false},
                                  {NumberStyle::kDecimalComma, ".", ",", false},
                                  {NumberStyle::kDecimalComma, "\xC2\xA0", ",", false},
                                  {NumberStyle::kDecimalComma, " ", ",", false},
                                  {NumberStyle::kDecimalComma, "\xE2\x80\xAF", ",", false}};
  const std::vector<std::string> units{"kg",   "CC",  "kWh",          "%",       "m2",
                                       "km/h", "EUR", "\xE2\x82\xAC", "reviews", "l/100km"};
  std::uint64_t state = 7;
  for (int i = 0; i < 20'000; ++i) {
    state = Mix64(state);
    const Style& style = styles[state % styles.size()];
    const std::string& unit = units[state / 16 % units.size()];
    const std::int64_t whole = std::int64_t(Mix64(state + 1) % 1'000'000'000'000) >> (state / 256 % 40);
    const int cents = int(state / 1024 % 100);
    const bool negative = state / 131072 % 4 == 0, cents_shown = state / 524288 % 2 == 0;
    std::string text = Grouped(whole, style.mark, style.indian);
    if (cents_shown) text += fmt::format("{}{:02}", style.point, cents);
    if (negative) text = "-" + text;
    text += state / 2097152 % 2 == 0 ? " " + unit : unit;
    double value = std::strtod(fmt::format("{}.{:02}", whole, cents_shown ? cents : 0).c_str(), nullptr);
    if (negative) value = -value;
    const Quantity q = SplitQuantity(text, style.style);
    ASSERT_EQ(q.num_parts, 1U) << text;
    EXPECT_EQ(q.parts[0].number.value, value) << text;
    EXPECT_EQ(q.parts[0].unit, unit) << text;
  }
}

TEST(SplitQuantity, NeverReadsBeyondAnyBytes) {
  std::uint64_t state = 3;
  const std::string alphabet = "0123456789.,' -+()$%:/kMBhm\"\xC2\xA0\xE2\x82\xAC\x88\x92";
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (std::size_t n = (state = Mix64(state)) % 14; n > 0; --n)
      text += alphabet[(state = Mix64(state)) % alphabet.size()];
    for (NumberStyle style : {NumberStyle::kPlain, NumberStyle::kGrouped, NumberStyle::kDecimalComma}) {
      const Quantity q = SplitQuantity(text, style);
      ASSERT_LE(q.num_parts, Quantity::kMostParts);
      ASSERT_TRUE(q.num_parts == 0 || std::isfinite(q.parts[0].number.value)) << text;
    }
  }
}

TEST(FirstNumber, ReadsWhatPeopleWrite) {
  const std::map<std::string, double> cases{{"1248 CC", 1248},
                                            {"$4.99", 4.99},
                                            {"10,000+", 10000},
                                            {"19M", 19e6},
                                            {"142 min", 142},
                                            {"-5 C", -5},
                                            {"2013-10-19", 2013},
                                            {"12.7@ 2,700(kgm@ rpm)", 12.7},
                                            {"3k", 3000},
                                            {"28,341,469", 28341469},
                                            {"23.4 kmpl", 23.4},
                                            {"1,23", 1},
                                            {"4.", 4},
                                            {"5GB", 5},
                                            {"A-4", 4},
                                            {"Engine V8, 300 hp", 300}};
  for (const auto& [text, value] : cases) EXPECT_DOUBLE_EQ(FirstNumber(text), value) << text;
  EXPECT_TRUE(std::isnan(FirstNumber("Varies with device")));
  EXPECT_TRUE(std::isnan(FirstNumber("")));
  EXPECT_TRUE(std::isnan(FirstNumber("N14228")));
}

TEST(ReadTime, TakesTheFormAndIso8601) {
  ValueForm form;
  form.kind = ValueKind::kTime;
  form.order = DateOrder::kDayFirst;
  const auto read = [&](const char* text) {
    const auto time = ReadTime(text, form);
    return time ? time->microseconds : -1;
  };
  EXPECT_EQ(read("19/10/2013 18:30"), 1382207400000000);
  EXPECT_EQ(read("2013-10-19T18:30:00"), 1382207400000000);
  EXPECT_EQ(read("2013-10-19 18:30"), 1382207400000000);
  EXPECT_EQ(read("2013-10-19T20:30:00+02:00"), 1382207400000000);
  EXPECT_EQ(read("2013-10-19T18:30:00.25Z"), 1382207400250000);
  for (const char* bad : {"", "2013", "2013-13-01", "2013-02-29", "2013-10-19T", "2013-10-19T25:00",
                          "2013-10-19T18:30:00Zx", "2013-10-19T18:30:00.", "abcd-ef-gh", "2013-10-19T18:30:00+"}) {
    EXPECT_EQ(read(bad), -1) << bad;
  }
  for (int day = -710000; day < 2'900'000; day += 377) {
    const Civil civil = CivilFromDays(day);
    EXPECT_EQ(DaysFromCivil(int(civil.year), civil.month, civil.day), day);
    EXPECT_EQ(*DaysFromCivil(int(civil.year), 1, 1) + civil.day_of_year - 1, day);
  }
}

}  // namespace
}  // namespace tagwerk::table
